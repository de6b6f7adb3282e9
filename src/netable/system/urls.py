"""URLs of tables and databases, and what of them may be shown."""

from __future__ import annotations

import re
from urllib.parse import unquote

from netable.errors import ConfigError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
WEB = ("http", "https")
HIDDEN = "…"
# A password may hold any character if it was not escaped; a port, digits only, is none.
_PASSWORD = re.compile(r"(?<=://)([^:/@]*):(?!\d*(?:/|$)).*@", re.DOTALL)
_WEB_USER = re.compile(r"(?<=://)[^/]*@")  # often a token
_QUERY = re.compile(r"\?[^?]*=.*", re.DOTALL)  # without a `=` it is the `?` of a pattern
_PASSWORD_FIELD = re.compile(r"(?i)((?:password|passfile|secret|token)\s*=\s*)[^&\s]+")


def scheme_of(text: str) -> str:
    """The scheme in lower case, such as s3; an empty text for a path.

    >>> scheme_of("S3://bucket/a.csv"), scheme_of("a.csv")
    ('s3', '')
    """
    match = _SCHEME.match(text)
    return match[1].lower() if match else ""


def shown(text: str) -> str:
    """A path or URL as it may be shown and kept: without passwords, and without a query, which may be a signature.

    >>> shown("postgresql://ann:secret@host/shop?sslmode=require")
    'postgresql://ann:…@host/shop?…'
    >>> shown("https://host:8080/a.csv?X-Signature=secret")
    'https://host:8080/a.csv?…'
    """
    scheme = scheme_of(text)
    if scheme:
        text = _QUERY.sub(f"?{HIDDEN}", text)
        text = _PASSWORD.sub(rf"\1:{HIDDEN}@", text)
    if scheme in WEB:
        text = _WEB_USER.sub(f"{HIDDEN}@", text)
    return _PASSWORD_FIELD.sub(rf"\1{HIDDEN}", text)


def without_secrets(message: object, url: str) -> str:
    """The first line of another library's message, without what `shown` hides of the URL.

    >>> without_secrets("no such option: 'secret'", "postgresql://ann:secret@host/shop")
    "no such option: '…'"
    """
    text, visible = shown(str(message).strip().split("\n")[0]), shown(url)
    pieces = re.split(r"[:/?&=@\s]+", url)
    secrets = {piece for piece in (*pieces, *map(unquote, pieces)) if piece not in visible}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def check_no_password(url: str, otherwise: str) -> None:
    """Refuse a URL with a password on the command line, which other users and the shell's history can see.

    A signed query is allowed: it is made to be passed on, and ends by itself.

    Raises
    ------
    ConfigError
        With `otherwise`, which says where the password belongs.
    """
    has_user = scheme_of(url) in WEB and _WEB_USER.search(url)
    if has_user or _PASSWORD.search(url) or _PASSWORD_FIELD.search(url):
        raise ConfigError(f"{shown(url)}: a password does not belong on the command line. {otherwise}")

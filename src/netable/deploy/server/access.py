"""The token that clients must show, if there is one."""

from __future__ import annotations

import hmac
import os
from http import HTTPStatus
from pathlib import Path

from netable.deploy.server.limits import Refused
from netable.errors import ConfigError, FileError

VARIABLE = "NETABLE_TOKEN"


def read_token(path: Path | None) -> str:
    """The token in a file, else in the environment variable NETABLE_TOKEN; empty if there is none.

    Raises
    ------
    FileError
        If the file cannot be read.
    ConfigError
        If the token is empty, or cannot be part of a header.
    """
    if path is None:
        source, token = VARIABLE, os.environ.get(VARIABLE)
        if token is None:
            return ""
    else:
        source = str(path)
        try:
            token = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise FileError(f"{path}: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"The token in {path} is not text. {_REMEDY}") from error
    if not token or not all("!" <= letter <= "~" for letter in token):
        raise ConfigError(f"The token in {source} is empty, or has blanks or letters beyond ASCII. {_REMEDY}")
    return token


_REMEDY = "Make one with: openssl rand -hex 32"


def check_token(header: str | None, token: str) -> None:
    """Refuse a request without the token in its Authorization header, in constant time.

    Raises
    ------
    Refused
        With status 401.
    """
    scheme, _, shown = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(
        shown.strip().encode("utf-8", "surrogateescape"), token.encode()
    ):
        text = "This service needs its token: send the header Authorization: Bearer TOKEN."
        raise Refused(HTTPStatus.UNAUTHORIZED, text, www_authenticate="Bearer")

"""Errors of stores and lakes in one line: what is not there, access that is denied, a network that is down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from netable.errors import FileError, UserError
from netable.system.urls import scheme_of, shown, without_secrets

# Where Arrow and the libraries of the stores look for credentials.
CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS",
    "gcs": "GOOGLE_APPLICATION_CREDENTIALS",
    "abfs": "AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET",
    "abfss": "AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET",
}
_NO_BUCKET = re.compile(r"no.?such.?bucket|bucket does not exist|container.?not.?found", re.I)
_NO_FILE = re.compile(r"no such file", re.I)
_DENIED = re.compile(
    r"access.?denied|permission.?denied|unauthenticated|forbidden|credential|oauth|\b40[13]\b", re.I
)
_UNREACHABLE = re.compile(r"network|curl|resolve|connect|unavailable|timed out", re.I)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@contextmanager
def told(url: str) -> Iterator[None]:
    """Turn errors of a store in the block into one line that names the place and what helps.

    Raises
    ------
    FileError
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # the systems of fsspec raise their own
        _refuse(url, error)


def _refuse(url: str, error: Exception) -> NoReturn:
    place, reason = shown(url), without_secrets(_ANSI.sub("", " ".join(str(error).split())), url)
    if isinstance(error, FileNotFoundError) or _NO_FILE.search(reason):
        raise FileError(f"{place}: there is no such file or folder.") from None
    if _NO_BUCKET.search(reason):
        raise FileError(f"{place}: there is no such bucket.") from None
    if _DENIED.search(reason):
        known = CREDENTIALS.get(scheme_of(url))
        advice = f" They come from the environment: {known}." if known else ""
        raise FileError(
            f"{place}: access is denied with these credentials, or without any.{advice}"
        ) from None
    if _UNREACHABLE.search(reason):
        raise FileError(f"{place}: the network does not reach it ({reason:.200}).") from None
    raise FileError(f"{place}: cannot be read ({reason:.200}).") from None

"""Bounds on what clients may ask, and bodies read within them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from http import HTTPStatus

from netable.system.wording import counted

# Defaults of the address.
HOST, PORT = "127.0.0.1", 8000


@dataclass(frozen=True)
class Limits:
    """The bounds of a server.

    Attributes
    ----------
    body_bytes : int
        Bytes of a request's body.
    rows : int
        Rows of a request.
    explained_rows : int
        Rows of a request that asks for contributions, each of which takes thousands of predictions.
    nesting : int
        Objects and lists within each other in a body; a table in a protocol has five.
    waiting : int
        Requests that wait for a model.
    unexplained : int
        Requests that wait for contributions.
    requests : int
        Requests that are being received or answered, by all models.
    seconds : float
        For a client to send the head of a request, its body, or to take its answer.
    """

    body_bytes: int = 1 << 20
    rows: int = 1_000
    explained_rows: int = 10
    nesting: int = 8
    waiting: int = 128
    unexplained: int = 8
    requests: int = 256
    seconds: float = 10.0


class Refused(Exception):
    """A request that is not answered, with its HTTP status and headers; the text is one line for the client."""

    def __init__(self, status: HTTPStatus, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def too_busy() -> Refused:
    """The refusal of a request for which there is no place."""
    text = "Too many requests are waiting; try again in a second."
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, text, retry_after="1")


async def read_body(chunks: AsyncIterator[bytes], announced: str | None, limits: Limits) -> bytes:
    """A body of bounded size, received in bounded time.

    Parameters
    ----------
    announced : str or None
        The Content-Length.

    Raises
    ------
    Refused
        If the body is too large, or does not arrive in time; the connection is closed then.
    """
    if announced and announced.isdecimal() and int(announced[:20]) > limits.body_bytes:
        raise _too_large(limits)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in chunks:
                body += chunk
                if len(body) > limits.body_bytes:
                    raise _too_large(limits)
    except TimeoutError as error:
        text = f"The body did not arrive within {limits.seconds:g} seconds."
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, text, connection="close") from error
    return bytes(body)


def _too_large(limits: Limits) -> Refused:
    text = f"The body is larger than {counted(limits.body_bytes, 'byte')}; send fewer rows at once."
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text, connection="close")

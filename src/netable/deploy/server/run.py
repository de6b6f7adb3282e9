"""A server on a port of this machine, until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from netable.deploy.server.access import VARIABLE, read_token
from netable.deploy.server.app import Service
from netable.deploy.server.connection import connections
from netable.deploy.server.limits import HOST, PORT, Limits
from netable.deploy.server.shelf import Shelf
from netable.errors import ConfigError
from netable.system.wording import quoted

# Requests that are under way when the server is stopped have so many seconds.
GRACE = 30
# Connections that the system keeps until they are accepted.
_BACKLOG = 1024


def serve(
    place: Path,
    *,
    host: str = HOST,
    port: int = PORT,
    token_file: Path | None = None,
    background: Path | None = None,
    say: Callable[[str], None],
) -> None:
    """Serve models until SIGTERM or Ctrl-C; requests under way are answered first.

    Parameters
    ----------
    place : path
        A model file, an exported ONNX file, or a folder of model files.
    port : int
        0 takes a free one.
    token_file : path, optional
        Holds the token that clients must show; else the environment variable NETABLE_TOKEN does, if it is set.
    background : path, optional
        A table for contributions.
    say : callable
        Called with lines about what happens, the first with the address.

    Raises
    ------
    UserError
        If there is no model, or one cannot be loaded, or the token or the background cannot be read.
    ConfigError
        If the address cannot be listened to, such as a port in use.
    """
    token = read_token(token_file)
    shelf = Shelf(place, background, say)
    limits = Limits()
    with listen(host, port) as listening, stopped_by_signals():
        address, bound_port = listening.getsockname()[:2]
        if not token and not ipaddress.ip_address(address).is_loopback:
            say(
                f"note: no token is needed, and other machines reach {address}. Set {VARIABLE}, or listen at {HOST}."
            )
        shown = f"[{address}]" if ":" in address else address
        say(f"serving {quoted(list(shelf))} at http://{shown}:{bound_port}")
        run_app(Service(shelf, token, limits, say).app(), listening, limits.seconds)
    say("stopped")


def run_app(app: ASGIApp, listening: socket.socket, seconds: float) -> None:
    """Run an application until SIGTERM or Ctrl-C, within `stopped_by_signals`; requests under way are answered first.

    Parameters
    ----------
    seconds : float
        As of `netable.deploy.server.limits.Limits`.
    """
    config = uvicorn.Config(
        app,
        http=connections(seconds),
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=GRACE,
    )
    asyncio.run(uvicorn.Server(config).serve([listening]))


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Let signals that uvicorn has obeyed end the program no further, when it raises them again."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address.

    Raises
    ------
    ConfigError
        If the address cannot be listened to, such as a port in use.
    """
    if not 0 <= port <= 65_535:
        raise ConfigError(f"The port must be from 0 to 65535; got {port}.")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"Port {port} of {host} is in use. Choose another port.") from error
        raise ConfigError(
            f"{host}, port {port}, cannot be listened to: {error.strerror or error}."
        ) from error
    # asyncio sends without delay (TCP_NODELAY) only if the socket names its protocol; else answers wait 40 ms.
    return socket.socket(made.family, made.type, socket.IPPROTO_TCP, fileno=made.detach())

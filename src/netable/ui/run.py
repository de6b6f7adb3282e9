"""The page on a port of this machine, until it is told to stop."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from pathlib import Path
from socket import socket
from threading import Thread

from netable.deploy.server.limits import HOST, Limits
from netable.deploy.server.run import listen, run_app, stopped_by_signals
from netable.errors import ConfigError
from netable.fit.resume.run_folder import RUNS
from netable.ui.tokens import Tokens
from netable.ui.workspace import Workspace

PORT = 8765


def run(
    runs: Path = RUNS, *, port: int | None = None, opens_browser: bool = True, say: Callable[[str], None]
) -> None:
    """Serve the page to browsers of this machine until SIGTERM or Ctrl-C; trainings under way go on.

    Parameters
    ----------
    runs : Path
        The folder of runs, made if missing.
    port : int, optional
        0 takes a free one, and so does None if `PORT` is in use.
    say : callable
        Called with lines about what happens, the first with the address.

    Raises
    ------
    UserError
        If the folder cannot be used, or the port cannot be listened to.
    """
    workspace, tokens = Workspace(runs), Tokens()
    with _listen(port) as listening:
        bound = listening.getsockname()[1]
        place = f"http://{HOST}:{bound}/"
        say(f"The page is at {place}?token={tokens.token}")
        say("Ctrl-C stops it; trainings under way go on.")
        if opens_browser:
            address = f"{place}?token={tokens.for_once()}"
            Thread(target=webbrowser.open, args=(address,), daemon=True).start()
        # It loads torch, for which a browser that is open can wait.
        from netable.ui.app import make_app

        with stopped_by_signals():
            run_app(make_app(workspace, bound, tokens, say), listening, Limits().seconds)
    say("stopped")


def _listen(port: int | None) -> socket:
    if port is not None:
        return listen(HOST, port)
    try:
        return listen(HOST, PORT)
    except ConfigError:
        return listen(HOST, 0)

"""`netable ui`: the page of this machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from netable.cli.output import write_note
from netable.errors import ConfigError
from netable.fit.resume.run_folder import RUNS


def ui(
    folder: Annotated[Path, typer.Option(help="The folder of runs.")] = RUNS,
    port: Annotated[
        int | None,
        typer.Option(help="The port to listen at; 0 takes a free one. (default: 8765, or a free one)"),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address alone.")] = False,
) -> None:
    """Open a page in the browser: look at a table, train, ask, predict.

    The page is for this machine alone: it listens at 127.0.0.1, asks for a
    token that is part of the address, and loads nothing from elsewhere.
    Runs are ordinary run folders; each step shows the command that does the
    same. Ctrl-C stops the page, while trainings under way go on.

    Examples:

        netable ui
        netable ui --folder projects/houses --port 9000
        netable ui --no-browser
    """
    lacking = [name for name in ("starlette", "uvicorn", "python_multipart") if find_spec(name) is None]
    if lacking:
        raise ConfigError(
            f"The page needs {' and '.join(lacking)}, not installed here. Try: pip install 'netable[ui]'"
        )
    from netable.ui.run import run

    run(folder, port=port, opens_browser=not no_browser, say=write_note)

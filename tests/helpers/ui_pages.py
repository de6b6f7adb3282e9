"""The page of this machine for tests: in this process, and in one of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from starlette.testclient import TestClient

from cli_runs import QUICK
from netable.ui.app import make_app
from netable.ui.tokens import Tokens
from netable.ui.workspace import Record, Workspace
from processes import SECONDS

PORT = 8765
HOST = f"127.0.0.1:{PORT}"
ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+/)\?token=(\S+)$")
T = TypeVar("T")


@contextmanager
def browser_of(workspace: Workspace, say: Callable[[str], None] = print) -> Iterator[TestClient]:
    """A client that says what a browser says which was let in."""
    tokens = Tokens()
    app = make_app(workspace, PORT, tokens, say)
    with TestClient(app, base_url=f"http://{HOST}", headers={"origin": f"http://{HOST}"}) as client:
        assert client.get(f"/?token={tokens.token}").status_code == 200
        yield client


def put(workspace: Workspace, run: Path, table: Path | None = None) -> Path:
    """A copy of a run in the workspace, as if it had been trained there on a table."""
    folder = Path(shutil.copytree(run, workspace.runs / run.name))
    if table:
        with workspace.tables.new(table.name) as (key, file):
            file.write(table.read_bytes())
        arguments = ("train", str(workspace.tables.all()[key]), "--target=price", *QUICK, "-o", str(folder))
        workspace.write_record(folder.name, Record(key, arguments))
    return folder


def upload(page: TestClient, path: Path, address: str = "/tables") -> Any:
    """The answer to a file that is sent."""
    with path.open("rb") as file:
        return page.post(address, files={"table": (path.name, file)})


def wait_for(question: Callable[[], T | None]) -> T:
    """The first answer that is true."""
    began = time.monotonic()
    while time.monotonic() - began < SECONDS:
        if answer := question():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{question} was never true")


@contextmanager
def ui_process(runs: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """`netable ui` in a process of its own, its address and its token."""
    command = [sys.executable, "-W", "error", "-m", "netable", "ui", "--no-browser", "--folder", str(runs)]
    started = subprocess.Popen(
        [*command, "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert started.stderr is not None
        for line in started.stderr:
            if found := ADDRESS.search(line.rstrip()):
                break
        else:
            raise AssertionError(f"it ended with {started.wait()}")
        yield started, found[1], found[2]
    finally:
        started.kill()
        started.wait(SECONDS)
        started.stderr.close()

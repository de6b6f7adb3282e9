"""The advice of messages of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from advice import Case, advice, check_complete, follow
from netable.errors import UserError
from netable.ui import uploads
from netable.ui.workspace import Workspace
from page_reader import Reader
from ui_pages import browser_of, put

MESSAGES = advice("ui", besides=("leave out",))  # a choice
FILE = {"table": ("t.csv", b"a,b\n" + b"".join(b"%d,%d\n" % (row, row % 7) for row in range(40)))}


def saying(answer: Any) -> None:
    """What the page says in one line is an error."""
    if answer.status_code >= 400:
        raise UserError(" ".join(Reader(answer.text).texts["p"]))


def uploading(most: int) -> None:
    """Send a file to a page that takes so many bytes."""
    with (
        pytest.MonkeyPatch.context() as patch,
        browser_of(Workspace(Path("runs"))) as page,
    ):
        patch.setattr(uploads.receive_table, "__defaults__", (most,))
        saying(page.post("/tables", files=FILE))


def training(target: str) -> None:
    """Press *Train*; nothing is started."""
    with (
        pytest.MonkeyPatch.context() as patch,
        browser_of(Workspace(Path("runs"))) as page,
    ):
        patch.setattr("netable.ui.training.Processes.start", lambda *_: None)
        address = page.post("/tables", files=FILE).url.path
        saying(page.post(f"{address}/train", data={"target": target}))


def deleting(run: Path, *, run_first: bool) -> None:
    """Delete a table, or first its run."""
    workspace = Workspace(Path("runs"))
    Path("t.csv").write_bytes(FILE["table"][1])
    put(workspace, run, Path("t.csv"))
    (key,) = workspace.tables.all()
    with browser_of(workspace) as page:
        if run_first:
            saying(page.post(f"/runs/{run.name}/delete"))
            assert key not in workspace.tables.all()
            return
        saying(page.post(f"/tables/{key}/delete"))


def test_advice__of_the_page__is_followed(price_run: Path) -> None:
    cases = [
        # The terminal reads the file where it is: nothing is sent.
        Case("train on it at the terminal", uploading, {"most": 100}, [{"most": 1 << 20}]),
        Case("Choose the column to predict", training, {"target": ""}, [{"target": "1"}]),
        Case("delete the run", deleting, {"run": price_run, "run_first": False}, [{"run_first": True}]),
    ]
    for case in cases:
        follow(case, MESSAGES)
    check_complete(cases, MESSAGES)

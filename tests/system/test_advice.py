"""The advice of messages about files and folders."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import pytest

from advice import Case, advice, check_complete, follow
from netable.system.files import write_atomically, write_folder
from netable.system.lock import folder_lock

pytestmark = pytest.mark.posix
MESSAGES = advice("system")


def writing(path: str) -> None:
    """Write to a file, a link or a pipe."""
    os.symlink("nothing", "link")
    os.mkfifo("pipe")
    with write_atomically(Path(path)) as file:
        file.write(b"x")


def writing_a_folder(path: str) -> None:
    """Write to a folder; there is a file with the name `file`."""
    Path("file").touch()
    with write_folder(path, ["a"]):
        pass


def locking(folder: str, ended: bool = False) -> None:
    """Lock a folder beside a run that is writing to one, or has ended."""
    for name in ("one", "two"):
        Path(name).mkdir()
    with nullcontext() if ended else folder_lock("one"), folder_lock(folder):
        pass


CASES = [
    Case("is a symbolic link", writing, {"path": "link"}, [{"path": "file"}]),
    Case("is a device or a pipe", writing, {"path": "pipe"}, [{"path": "file"}]),
    Case("is not a folder; name a folder", writing_a_folder, {"path": "file"}, [{"path": "folder"}]),
    Case(
        "wait for it, or name another folder",
        locking,
        {"folder": "one"},
        [{"ended": True}, {"folder": "two"}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

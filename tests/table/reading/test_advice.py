"""The advice about files as such; that about their content is in the folders beside this one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from advice import Case, advice, check_complete, follow
from netable.config.reading import ReadOptions
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream

MESSAGES = [m for m in advice("table/reading") if Path(m.file).parent.name == "reading"]


def named(path: str) -> None:
    """Read a path beside a file t.csv."""
    Path("t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    read(path)


def streamed(others_write: bool) -> None:
    """Read a file in pieces, into which others may write."""
    Path("t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    stream = TableStream(["t.csv"], ReadOptions())
    if others_write:
        os.truncate("t.csv", 6)
    list(stream.pieces())


CASES = [
    Case("Save it as a file first", named, {"path": "-"}, [{"path": "t.csv"}]),
    Case(
        "Start again when nothing writes to it", streamed, {"others_write": True}, [{"others_write": False}]
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are empty."""
    monkeypatch.setattr("netable.learn.write.lesson_text", lambda name: name)


def test_learn__folder__gets_all_pages(cli):
    ended = cli("learn", "-o", "deep/lessons")

    assert ended.code == 0
    assert ended.out.startswith("The pages are in deep/lessons. Open deep/lessons/index.html")
    assert Path("deep/lessons/overfitting.ko.html").read_text("utf-8") == "overfitting.ko.html"


def test_learn__existing_pages__are_kept_unless_forced(cli):
    assert cli("learn").code == 0

    again = cli("learn")

    assert (again.code, again.out) == (2, "")
    assert "learn/index.html exists already." in again.err
    assert cli("learn", "--force").code == 0


def test_learn__file_in_place_of_the_folder__is_one_line(cli):
    Path("learn").touch()

    ended = cli("learn")

    assert (ended.code, ended.err) == (2, "netable: learn is a file; name a folder with -o.\n")

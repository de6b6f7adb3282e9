from __future__ import annotations

from pathlib import Path

import pytest

from netable.learn import FILES


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


@pytest.mark.parametrize("is_there", [False, True])
def test_learn__stopped__leaves_what_there_was(cli, monkeypatch, is_there):
    if is_there:
        cli("learn", "-o", "deep/lessons")

    def stopped(name: str) -> str:
        if name == "vanishing.html":
            raise KeyboardInterrupt
        return "half"

    monkeypatch.setattr("netable.learn.write.lesson_text", stopped)

    ended = cli("learn", "-o", "deep/lessons", "--force")

    assert ended.code == 130
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert len(files) == len(FILES) * is_there
    assert all(path.read_text("utf-8") == path.name for path in files)
    assert Path("deep").exists() == is_there

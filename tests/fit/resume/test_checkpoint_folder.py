from __future__ import annotations

from pathlib import Path

import pytest

from netable.errors import CheckpointError
from netable.fit.resume.checkpoint_folder import (
    check_ours,
    is_unfinished,
    keeps_runs,
    mark_begun,
    remove_checkpoints,
    unmark_begun,
)


def test_remove_checkpoints__foreign_files__stay(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for name in ("manifest.json", "0-0.checkpoint", ".0-0.checkpoint.0123abcd.part", "mine.part"):
        (folder / name).touch()
    for name in ("mine.checkpoint", ".film.mkv.part", ".film.mkv.0123abcd.part", "1-2.checkpoint.old"):
        (folder / name).touch()
    (folder / "9-9.checkpoint").mkdir()
    (folder / ".0-0.checkpoint.89abcdef.part").mkdir()
    assert is_unfinished(folder)
    assert keeps_runs(folder)

    remove_checkpoints(folder)

    assert {path.name for path in folder.iterdir()} == {
        "mine.part",
        "mine.checkpoint",
        ".film.mkv.part",
        ".film.mkv.0123abcd.part",
        "1-2.checkpoint.old",
        "9-9.checkpoint",
        ".0-0.checkpoint.89abcdef.part",
    }
    assert not is_unfinished(folder)
    assert not keeps_runs(folder)


def test_remove_checkpoints__nothing_else_in_it__takes_the_folder_away(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "manifest.json").touch()

    remove_checkpoints(tmp_path / "checkpoint")
    remove_checkpoints(tmp_path / "checkpoint")

    assert list(tmp_path.iterdir()) == []


def test_check_ours__other_files__are_named(tmp_path: Path) -> None:
    (tmp_path / "0-0.checkpoint").touch()
    check_ours(tmp_path)
    (tmp_path / "mine.checkpoint").touch()

    with pytest.raises(
        CheckpointError, match=r"holds mine\.checkpoint; checkpoints need a folder of their own"
    ):
        check_ours(tmp_path)


def test_unmark_begun__fit_that_began__stays(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    mark_begun(folder)
    assert is_unfinished(folder)
    unmark_begun(folder)
    assert not folder.exists()

    mark_begun(folder)
    (folder / "manifest.json").write_text('{"netable": "1"}')
    unmark_begun(folder)

    assert is_unfinished(folder)

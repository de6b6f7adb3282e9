from __future__ import annotations

from pathlib import Path

from netable.checkpoint_folder import is_unfinished, keeps_runs, remove_checkpoints


def test_remove_checkpoints__foreign_files__stay(tmp_path: Path) -> None:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for name in ("manifest.json", "0-0.checkpoint", ".0-0.checkpoint.0123abcd.part", "mine.part"):
        (folder / name).touch()
    assert is_unfinished(folder)
    assert keeps_runs(folder)

    remove_checkpoints(folder)

    assert [path.name for path in folder.iterdir()] == ["mine.part"]
    assert not is_unfinished(folder)
    assert not keeps_runs(folder)


def test_remove_checkpoints__nothing_else_in_it__takes_the_folder_away(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "manifest.json").touch()

    remove_checkpoints(tmp_path / "checkpoint")
    remove_checkpoints(tmp_path / "checkpoint")

    assert list(tmp_path.iterdir()) == []

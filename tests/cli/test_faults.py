"""Disks that are full or fail, wherever a verb writes: one line, the old files whole, nothing beside them."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet
import pytest

from cli_runs import ON_PRICE, QUICK
from netable.errors import FileError, TrainingWarning
from netable.model.file import load, save
from page_reader import undrawn

resource = pytest.importorskip("resource")  # limits of POSIX systems

TRAIN = ("train", "houses.parquet", *ON_PRICE, *QUICK, "-o", "out", "--force")
COMPARE = ("compare", "houses.parquet", *ON_PRICE, "--methods", "constant,linear", "--outer-folds", "2")
# What each verb writes, and how.
WRITERS = {
    "predict csv": (("predict", "model.netable", "houses.parquet", "-o", "out.csv", "--force"), "out.csv"),
    "predict parquet": (
        ("predict", "model.netable", "houses.parquet", "-o", "out.parquet", "--force"),
        "out.parquet",
    ),
    "explain": (
        ("explain", "model.netable", "houses.parquet", "--every-row", "--max-rows", "3", "-o", "out.csv", "--force"),
        "out.csv",
    ),
    "report": (("report", "model.netable", "-o", "out.html", "--force"), "out.html"),
    "train": (TRAIN, "out/model.netable"),
    "compare": (
        (*COMPARE, "-o", "out", "--force"),
        "out/report.html",
    ),
}  # fmt: skip
OLD = {
    "out/model.netable": "old model",
    "out/metrics.json": "old figures",
    "out/predictions.parquet": "old rows",
    "out/report.html": "old page",
    "out/comparison.json": "old methods",
    "out.csv": "old",
    "out.parquet": "old",
    "out.html": "old",
}


@pytest.fixture
def old_files(cli, tmp_path, houses, regression_run):
    """A folder with a table, a model, and older files of every kind."""
    pyarrow.parquet.write_table(houses, "houses.parquet")
    (tmp_path / "model.netable").write_bytes((regression_run / "model.netable").read_bytes())
    (tmp_path / "out").mkdir()
    for name, text in OLD.items():
        (tmp_path / name).write_text(text)
    return files(tmp_path)


def files(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Writing more than so many bytes into a file fails, in any library."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def one_line(ended) -> str:
    """The last line of standard error, which nothing but notes and progress is above."""
    *above, last = ended.err.splitlines()
    assert all(line.startswith("note: ") for line in above), ended.err
    return last


@pytest.mark.bad_input(79)
@pytest.mark.parametrize("writer", WRITERS)
def test_writers__no_room__say_so_and_leave_the_old_files(cli, tmp_path, old_files, writer):
    arguments, output = WRITERS[writer]
    with no_file_over(64):
        ended = cli(*arguments)

    assert ended.code == 2
    assert one_line(ended).startswith("netable: ")
    assert one_line(ended).endswith(" cannot be written: File too large.")
    assert Path(output).parts[0] in one_line(ended)
    assert ".part" not in one_line(ended)
    assert files(tmp_path) == old_files


@pytest.mark.bad_input(79)
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize("writer", ["predict csv", "report", "train"])
def test_writers__any_step_that_fails__says_so_and_leaves_the_old_files(
    cli, tmp_path, old_files, monkeypatch, regression_model, writer, step, reason
):
    monkeypatch.setattr("netable.fit.fit.fit", lambda *_, **__: regression_model)
    real = getattr(os, step)

    def fail(path, *more, **how):
        creates = step != "open" or more[0] & os.O_CREAT
        if step != "fsync" and not (".part" in str(path) and creates):
            return real(path, *more, **how)
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, step, fail)
    with undrawn():
        ended = cli(*WRITERS[writer][0])
    monkeypatch.undo()
    os.chdir(tmp_path)

    assert ended.code == 2
    assert one_line(ended).endswith(f" cannot be written: {os.strerror(reason)}.")
    assert files(tmp_path) == old_files


@pytest.mark.bad_input(79)
@pytest.mark.usefixtures("without_charts")
def test_train__room_for_the_model_and_not_for_the_page__keeps_the_model(
    cli, tmp_path, old_files, monkeypatch, regression_model
):
    monkeypatch.setattr("netable.fit.fit.fit", lambda *_, **__: regression_model)
    with no_file_over(40_000):
        ended = cli(*(argument for argument in TRAIN if argument != "--no-report"))

    assert ended.code == 2
    assert one_line(ended) == "netable: out/report.html cannot be written: File too large."
    assert load("out/model.netable").results == regression_model.results
    assert not Path("out/report.html").exists()  # the old one was not about this model
    assert sorted(os.listdir("out")) == [
        "comparison.json", "config.yaml", "history.csv", "metrics.json", "model.netable", "predictions.parquet",
    ]  # fmt: skip


@pytest.mark.bad_input(79)
def test_train__folder_removed_meanwhile__is_one_line(
    cli, tmp_path, old_files, monkeypatch, regression_model
):
    def fit(*_: object, **__: object) -> object:
        shutil.rmtree("out")
        return regression_model

    monkeypatch.setattr("netable.fit.fit.fit", fit)
    ended = cli(*TRAIN)

    assert (ended.code, one_line(ended)) == (2, "netable: out cannot be written: No such file or directory.")


@pytest.mark.bad_input(79)
def test_read__no_room_for_a_copy__says_where_room_is_needed(cli, houses_csv, old_files, monkeypatch):
    with no_file_over(64):
        ended = cli("predict", "model.netable", houses_csv)
    assert ended.code == 2
    assert "a temporary copy of " in one_line(ended)
    assert one_line(ended).endswith(
        "cannot be written: File too large. Set TMPDIR to a folder with enough room."
    )


@pytest.mark.bad_input(79)
def test_tensorboard__no_room__is_a_note_and_the_model_is_kept(cli, old_files):
    with no_file_over(100):  # room for the head of an event file
        from netable.fit.members.watcher import RunningStack
        from netable.fit.tensorboard import TensorBoard
        from netable.train import Epoch

        stack = RunningStack(None, None, 0.0, None)
        with TensorBoard("board") as board:
            with pytest.warns(
                TrainingWarning, match=r"^board cannot be written to any more: File too large\."
            ):
                board.on_epoch(Epoch(1, [0.5], [None], 0.1, 0.1, 2), stack)
            board.on_epoch(Epoch(2, [0.5], [None], 0.1, 0.1, 2), stack)  # said once


@pytest.mark.bad_input(89)
@pytest.mark.parametrize("writer", WRITERS)
def test_writers__a_link_in_the_place_of_the_output__is_refused_before_the_work(
    cli, tmp_path, old_files, monkeypatch, writer
):
    def never(*_: object, **__: object) -> None:
        raise AssertionError("the work must not begin")

    for work in (
        "netable.fit.fit.fit",
        "netable.comparison.compare_table",
        "netable.model.file.load",
    ):
        monkeypatch.setattr(work, never)
    arguments, output = WRITERS[writer]
    (tmp_path / "elsewhere").write_text("old")
    (tmp_path / output).unlink()
    (tmp_path / output).symlink_to(tmp_path / "elsewhere")
    before = files(tmp_path)

    ended = cli(*arguments)

    assert ended.code == 2
    assert one_line(ended) == (
        f"netable: {output} is a symbolic link, which is neither followed nor replaced; name a file."
    )
    assert files(tmp_path) == before


@pytest.mark.bad_input(89)
def test_model__through_a_link_or_dots__is_read(cli, tmp_path, old_files):
    (tmp_path / "latest").symlink_to("model.netable")

    for model in ("latest", "out/../model.netable"):
        assert cli("predict", model, "houses.parquet").code == 0


def test_save__over_a_link__is_refused(regression_model, tmp_path):
    (tmp_path / "link").symlink_to("nowhere")

    with pytest.raises(FileError, match=r"link is a symbolic link, "):
        save(regression_model, tmp_path / "link")
    assert os.listdir(tmp_path) == ["link"]

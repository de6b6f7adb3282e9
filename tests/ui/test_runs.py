from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netable.errors import DataError
from netable.fit.resume.checkpoint_folder import mark_begun
from netable.fit.resume.run_folder import CHECKPOINTS, PROGRESS
from netable.system.lock import folder_lock
from netable.ui.runs import BROKEN, FAILED, FINISHED, RUNNING, STOPPED, Runs
from netable.ui.workspace import Record
from ui_pages import put, wait_for

posix = pytest.mark.posix
SLOW = (
    "--target=price",
    "--embedding=none",
    "--hidden-layer-sizes=8",
    "--max-epochs=100000",
    "--no-early-stopping",
)


def test_all__folders_of_other_things__are_no_runs(workspace, price_run):
    (workspace.runs / "notes").mkdir()
    (workspace.runs / "file").write_text("x", encoding="utf-8")
    (workspace.runs / "link").symlink_to(price_run)
    put(workspace, price_run)

    assert list(Runs(workspace).all()) == ["price"]


def test_state__run_of_the_terminal__is_finished_without_a_table(workspace, price_run):
    put(workspace, price_run)

    run = Runs(workspace).all()["price"]

    assert (run.state, run.table, run.can_resume) == (FINISHED, None, False)
    assert run.results["task"] == "regression"


def test_state__checkpoints_alone__is_broken_and_can_be_resumed_with_its_table(
    workspace, price_run, houses_csv
):
    folder = put(workspace, price_run, houses_csv)
    (folder / "model.netable").unlink()
    mark_begun(folder / CHECKPOINTS)

    run = Runs(workspace).all()["price"]

    assert (run.state, run.can_resume, run.has_model) == (BROKEN, True, False)


def test_state__interrupted_with_a_model__is_stopped(workspace, price_run, houses_csv):
    folder = put(workspace, price_run, houses_csv)
    mark_begun(folder / CHECKPOINTS)

    run = Runs(workspace).all()["price"]

    assert (run.state, run.can_resume, run.has_model) == (STOPPED, True, True)


@pytest.mark.parametrize("content", ["", "[]", "{", "\0"])
def test_results__broken_metrics__are_empty(workspace, price_run, content):
    folder = put(workspace, price_run)
    (folder / "metrics.json").write_text(content, encoding="utf-8")

    assert Runs(workspace).all()["price"].results == {}


@posix
@pytest.mark.parametrize("pid", [0, -1, 1, "x", None, 2**40])
def test_state__odd_process_in_the_file__is_not_running(workspace, price_run, pid):
    folder = put(workspace, price_run)
    (folder / PROGRESS).write_text(
        json.dumps({"event": "start", "pid": pid, "at": 0}) + "\n", encoding="utf-8"
    )

    with folder_lock(folder):
        assert Runs(workspace).all()["price"].state != RUNNING


@posix
def test_state__process_that_lives_but_holds_no_lock__is_not_running(workspace, price_run):
    folder = put(workspace, price_run)
    line = json.dumps({"event": "start", "pid": os.getpid(), "at": 0})
    (folder / PROGRESS).write_text(f"{line}\n", encoding="utf-8")

    assert Runs(workspace).all()["price"].state == FINISHED
    with folder_lock(folder):
        assert Runs(workspace).all()["price"].state == RUNNING


def test_delete__other_files_in_the_folder__stay(workspace, price_run, houses_csv):
    runs = Runs(workspace)
    folder = put(workspace, price_run, houses_csv)
    (folder / "mine.txt").write_text("x", encoding="utf-8")

    assert runs.delete(runs.all()["price"]) is False
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    assert workspace.tables.all() == {}
    assert runs.all() == {}


def test_delete__run_with_its_checkpoints__leaves_nothing(workspace, price_run):
    runs = Runs(workspace)
    folder = put(workspace, price_run)
    mark_begun(folder / CHECKPOINTS)

    assert runs.delete(runs.all()["price"]) is True
    assert not folder.exists()


def test_resume__run_that_is_finished__is_refused(workspace, price_run, houses_csv):
    put(workspace, price_run, houses_csv)
    runs = Runs(workspace)

    with pytest.raises(DataError, match="cannot go on"):
        runs.resume(runs.all()["price"])


@posix
def test_start__training_that_fails__says_why_and_leaves_no_folder(workspace, houses_csv):
    runs, key = Runs(workspace), new(workspace, houses_csv)

    run = runs.start(key, ["--target=nothing"])
    wait_for(lambda: runs.all()[run.name].state == FAILED)

    assert "'nothing'" in runs.all()[run.name].error
    assert not run.folder.exists()


@posix
def test_start__twice_at_once__gets_two_folders(workspace, houses_csv):
    runs, key = Runs(workspace), new(workspace, houses_csv)

    started = [runs.start(key, SLOW) for _ in range(2)]

    assert [run.name for run in started] == ["houses", "houses-2"]
    assert all(run.state == RUNNING for run in started)
    for run in started:
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: all(runs.all()[run.name].state != RUNNING for run in started))


@posix
@pytest.mark.slow
def test_run__killed_then_resumed_by_another_page_then_stopped__keeps_its_model(workspace, houses_csv):
    runs = Runs(workspace)
    run = runs.start(new(workspace, houses_csv), SLOW)
    wait_for(lambda: any((run.folder / CHECKPOINTS).glob("*.checkpoint")))
    with pytest.raises(DataError, match="stop it first"):
        runs.delete(runs.all()["houses"])
    os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: runs.all()["houses"].state == BROKEN)

    runs.resume(runs.all()["houses"])
    later = Runs(workspace)  # as after `netable ui` was started again
    wait_for(lambda: later.all()["houses"].state == RUNNING and later.all()["houses"].course().stacks)
    later.stop(later.all()["houses"])
    wait_for(lambda: runs.all()["houses"].state == STOPPED)

    assert runs.all()["houses"].results["ending"] == "interrupted"


@posix
def test_processes__end_of_the_page__does_not_end_the_training(workspace, houses_csv):
    program = (
        "import sys; from pathlib import Path; from netable.ui.runs import Runs;"
        "from netable.ui.workspace import Workspace; runs = Runs(Workspace(Path(sys.argv[1])));"
        "print(runs.start(sys.argv[2], sys.argv[3:]).pid)"
    )
    command = [sys.executable, "-c", program, str(workspace.runs), new(workspace, houses_csv), *SLOW]
    pid = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    try:
        wait_for(lambda: Runs(workspace).all()["houses"].state == RUNNING)
    finally:
        os.kill(pid, signal.SIGKILL)


def new(workspace, table: Path) -> str:
    with workspace.tables.new(table.name) as (key, file):
        file.write(table.read_bytes())
    return key


def test_records__of_runs_that_are_gone__are_failed_runs(workspace):
    workspace.write_record("gone", Record("k", ("train", "x")))

    assert Runs(workspace).all()["gone"].state == FAILED

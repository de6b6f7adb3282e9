from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from cli_runs import ON_PRICE, QUICK
from netable import load
from netable.system.lock import folder_lock
from netable.train import checkpoint, loop

STEPS = 3  # after which a run is stopped


class Killed(BaseException):
    """As good as a kill: nothing in the package catches it."""


@pytest.fixture(autouse=True)
def after_every_step(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE", np.inf)


@pytest.fixture
def stopped(cli, houses_csv, monkeypatch):
    """A run folder whose run was killed on the way, and what was typed."""
    command = ["train", houses_csv, *QUICK, *ON_PRICE, "--batch-size", "20"]
    step, taken = loop.train_step, []

    def train_step(*arguments, **named):
        taken.append(step(*arguments, **named))
        if len(taken) > STEPS:
            raise Killed
        return taken[-1]

    with monkeypatch.context() as patched:
        patched.setattr(loop, "train_step", train_step)
        with pytest.raises(Killed):
            cli(*command, "-o", "run")
    return command


def left(folder: str) -> tuple[dict[str, object], list[object], set[str]]:
    """Weights, predictions, and the names of files."""
    weights = {
        name: tensor.tolist() for name, tensor in load(f"{folder}/model.netable").net.state_dict().items()
    }
    predictions = pyarrow.parquet.read_table(f"{folder}/predictions.parquet").to_pylist()
    return weights, predictions, {path.name for path in Path(folder).iterdir()}


@pytest.mark.bad_input(97)
def test_resume__run_that_was_killed__ends_with_the_same_bits_and_leaves_no_checkpoint(cli, stopped):
    assert {path.name for path in Path("run/checkpoint").iterdir()} == {"manifest.json", "0-0.checkpoint"}
    cli(*stopped, "-o", "whole")

    ended = cli(*stopped, "-o", "run", "--resume")

    assert ended.code == 0, ended.err
    assert left("run") == left("whole")


def test_train__folder_of_a_run_that_was_stopped__names_both_ways_out(cli, stopped):
    assert cli(*stopped, "-o", "run") == (
        2,
        "",
        "netable: run holds a run that was stopped. Continue it with --resume, or start over with --force.\n",
    )


def test_train__force__starts_over(cli, stopped):
    ended = cli(*stopped, "--lr", "0.01", "-o", "run", "--force")

    assert ended.code == 0, ended.err
    assert not Path("run/checkpoint").exists()


@pytest.mark.bad_input(98)
def test_resume__other_settings__are_named_and_nothing_is_lost(cli, stopped):
    ended = cli(*stopped, "--lr", "0.01", "-o", "run", "--resume")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(
        "netable: run/checkpoint holds a run with different inputs: lr was 'auto', is 0.01. Undo the change to "
        "resume it, or remove the folder to start over.\n"
    )
    assert cli(*stopped, "-o", "run", "--resume").code == 0


@pytest.mark.bad_input(98)
def test_resume__other_rows__are_counted(cli, stopped, houses_csv):
    lines = houses_csv.read_text(encoding="utf-8").splitlines(keepends=True)
    Path("fewer.csv").write_text("".join(lines[:-4]), encoding="utf-8")

    ended = cli("train", "fewer.csv", *stopped[2:], "-o", "run", "--resume")

    assert ended.code == 2
    assert "the table has 4 rows fewer" in ended.err


def test_resume__nothing_to_resume__begins(cli, houses_csv):
    Path("run").mkdir()

    ended = cli("train", houses_csv, *QUICK, *ON_PRICE, "-o", "run", "--resume")

    assert ended.code == 0, ended.err
    assert Path("run/model.netable").exists()


def test_resume__finished_run__says_so_and_trains_nothing(cli, houses_csv, monkeypatch):
    command = ["train", houses_csv, *QUICK, *ON_PRICE]
    cli(*command, "-o", "runs/houses")
    Path("runs/houses/checkpoint").mkdir()  # as a crash at the very end leaves it
    monkeypatch.setattr("netable.fit.fit.fit", None)

    ended = cli(*command, "--resume")  # the last run of the table, without a name
    as_json = cli(*command, "-o", "runs/houses", "--resume", "--json")

    note = "note: runs/houses holds a finished run; there is nothing to resume.\n"
    assert ended == (0, "", note)
    assert (as_json.code, as_json.err) == (0, note)
    assert not Path("runs/houses/checkpoint").exists()
    metrics = json.loads(Path("runs/houses/metrics.json").read_text())
    assert json.loads(as_json.out) == metrics | {
        "folder": "runs/houses",
        "model": "runs/houses/model.netable",
    }


@pytest.mark.bad_input(98)
def test_resume__finished_run_of_something_else__says_what_changed(cli, houses_csv):
    command = ["train", houses_csv, *QUICK, *ON_PRICE, "-o", "run"]
    cli(*command)
    before = left("run")

    other = cli(*command, "--lr", "0.01", "--resume")

    assert (other.code, other.out, other.err) == (
        2,
        "",
        "netable: run holds a finished run with different inputs: lr was 'auto', is 0.01. Name another folder with -o, "
        "or start over with --force.\n",
    )
    assert left("run") == before
    Path("run/identity.json").unlink()  # as an older version leaves it
    assert cli(*command, "--lr", "0.01", "--resume").code == 0


@pytest.mark.posix
def test_force__killed_while_the_table_is_read__is_not_taken_for_finished(cli, houses_csv, monkeypatch):
    command = ["train", houses_csv, *QUICK, *ON_PRICE, "-o", "run"]
    cli(*command)

    def kill(*_, **__):
        os._exit(9)

    with monkeypatch.context() as patched:
        patched.setattr("netable.cli.training_run.lasting", kill)
        child = os.fork()
        if child == 0:
            cli(*command, "--lr", "0.01", "--force")
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    resumed = cli(*command, "--lr", "0.01", "--resume")

    assert resumed.code == 0
    assert "there is nothing to resume" not in resumed.err
    assert "lr: 0.01" in Path("run/config.yaml").read_text()


def test_force__error__leaves_the_finished_run(cli, houses_csv):
    command = ["train", houses_csv, *QUICK, *ON_PRICE, "-o", "run"]
    cli(*command)
    before = left("run")

    assert cli("train", "missing.csv", *ON_PRICE, "-o", "run", "--force").code == 2
    assert cli("train", houses_csv, "--target", "nothing", "-o", "run", "--force").code == 2

    assert left("run") == before
    assert "there is nothing to resume" in cli(*command, "--resume").err


def test_force__table_that_is_missing__leaves_the_run_that_was_stopped(cli, stopped):
    assert cli("train", "missing.csv", *stopped[2:], "-o", "run", "--force").code == 2

    assert Path("run/checkpoint/0-0.checkpoint").exists()


def test_resume__with_force__is_refused(cli, houses_csv):
    ended = cli("train", houses_csv, *ON_PRICE, "--resume", "--force")

    assert ended.code == 2
    assert ended.err.startswith("netable: --resume continues a run, --force starts over;")


def test_resume__folder_of_something_else__is_refused(cli, houses_csv):
    Path("run").mkdir()
    Path("run/thesis.txt").touch()

    ended = cli("train", houses_csv, *ON_PRICE, "-o", "run", "--resume")

    assert ended.code == 2
    assert ended.err.startswith("netable: run exists already.")


@pytest.mark.bad_input(83)
def test_train__folder_that_another_run_writes_to__is_refused(cli, houses_csv):
    Path("run").mkdir()

    with folder_lock("run"):
        ended = cli("train", houses_csv, *QUICK, *ON_PRICE, "-o", "run")

    assert ended == (
        2,
        "",
        "netable: run is being written to by another run; wait for it, or name another folder.\n",
    )


def test_train__parts_that_a_crash_left__are_removed(cli, houses_csv):
    Path("run").mkdir()
    Path("run/.model.netable.0123abcd.part").touch()

    cli("train", houses_csv, *QUICK, *ON_PRICE, "-o", "run", "--force")

    assert not list(Path("run").glob(".*"))


def test_ctrl_c__in_training__can_be_gone_on_with(cli, houses_csv, monkeypatch):
    command = ["train", houses_csv, *QUICK, *ON_PRICE]
    cli(*command, "-o", "whole")
    ended_epochs = []

    def end_epoch(*arguments):
        ended_epochs.append(loop_end(*arguments))
        raise KeyboardInterrupt

    loop_end = loop._end_epoch
    with monkeypatch.context() as patched:
        patched.setattr(loop, "_end_epoch", end_epoch)
        interrupted = cli(*command, "-o", "run")
    model_then = Path("run/model.netable").exists()
    resumed = cli(*command, "-o", "run", "--resume")

    assert (interrupted.code, model_then, resumed.code) == (130, True, 0)
    assert "note: the same command with --resume continues the training." in interrupted.err
    assert left("run") == left("whole")


def test_ctrl_c__before_anything_is_kept__is_not_finished(cli, houses_csv, monkeypatch):
    command = ["train", houses_csv, *QUICK, *ON_PRICE]
    cli(*command, "-o", "whole")
    monkeypatch.setattr(checkpoint, "INTERVAL", 1000.0)

    def end_epoch(*arguments):
        loop_end(*arguments)
        raise KeyboardInterrupt

    loop_end = loop._end_epoch
    with monkeypatch.context() as patched:
        patched.setattr(loop, "_end_epoch", end_epoch)
        interrupted = cli(*command, "-o", "run")
    resumed = cli(*command, "-o", "run", "--resume")

    assert (interrupted.code, resumed.code) == (130, 0)
    assert left("run") == left("whole")


@pytest.mark.bad_input(97)
def test_resume__process_that_was_ended_by_the_system__goes_on(cli, houses_csv):
    command = ["train", str(houses_csv), *QUICK, *ON_PRICE, "--batch-size", "20"]
    code = (
        "import sys, time; from netable.train import checkpoint; from netable.cli.app import run\n"
        "checkpoint.INTERVAL, write = 0.0, checkpoint.Checkpoint.write\n"
        "checkpoint.SHARE = float('inf')\n"
        "def kept(*arguments): write(*arguments); print('kept', flush=True); time.sleep(60)\n"
        "checkpoint.Checkpoint.write = kept\n"
        "run(sys.argv[1:])"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", code, *command, "-o", "run"],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
    )
    assert running.stdout
    with running.stdout as told:
        assert told.readline() == b"kept\n"
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == -signal.SIGTERM
    assert not Path("run/model.netable").exists()
    assert cli(*command, "-o", "run").err.startswith("netable: run holds a run that was stopped.")
    cli(*command, "-o", "whole")

    ended = cli(*command, "-o", "run", "--resume")

    assert ended.code == 0, ended.err
    assert left("run") == left("whole")

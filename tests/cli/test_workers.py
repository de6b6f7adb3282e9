from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import sleep

import numpy as np
import pyarrow.parquet as pq
import pytest
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from benchmarks.kill.child import difference, results_of
from benchmarks.kill.workers import Job
from cli_runs import ON_PRICE, QUICK, trained
from netable.cli import workers
from netable.cli.workers import are_to_start, start_workers
from netable.compute.executor import ALONE
from netable.errors import ConfigError, WorkerError

FLOAT32 = ("--precision", "float32")
# Two workers of one network have each a part of the rows.
ONE_NETWORK = ("--folds", "1", "--model", "mlp", "--optimizer", "sgd")
# Importing torch takes workers, and not the process that starts them, as long as on a very busy machine.
SLOW_TORCH = """
import sys, time

class Slow:
    def find_spec(name, path=None, target=None):
        if name == "torch":
            time.sleep(60)

if sys.orig_argv[1] != "-m":  # a worker
    sys.meta_path.insert(0, Slow)
"""


@pytest.mark.bad_input(151)
def test_workers__151_none__is_one_line(cli: Callable[..., object], houses_csv: Path) -> None:
    ended = cli("train", houses_csv, *ON_PRICE, "--workers", 0)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "netable: --workers must be an integer of at least 1; got 0.\n"


def test_workers__one__is_this_process() -> None:
    assert not are_to_start(1, ["table.csv"])
    assert not are_to_start(None, ["-"])
    assert workers.executor() is ALONE


def test_workers__table_from_a_pipe__cannot_be_read_by_all() -> None:
    with pytest.raises(
        ConfigError, match=r"^Several workers cannot read one pipe; write the table to a file"
    ):
        are_to_start(2, ["-"])


def test_workers__process_of_a_job__starts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")

    assert not are_to_start(2, ["table.csv"])
    with pytest.raises(ConfigError, match=r"^Several workers cannot read one pipe"):
        are_to_start(None, ["-"])


def test_other_worker__command_that_fails__prints_nothing(
    cli: Callable[..., object], houses_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")

    ended = cli("train", houses_csv, *ON_PRICE, "--workers", 0)

    assert (ended.code, ended.out, ended.err) == (2, "", "")


@pytest.mark.posix
@pytest.mark.parametrize("more", [(), pytest.param(ONE_NETWORK, marks=pytest.mark.slow)])
def test_workers__two__write_what_one_writes(houses_csv: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    options = [str(houses_csv), *ON_PRICE, *FLOAT32, *more]
    command = ["train", *QUICK, *options, "-o", str(tmp_path / "two"), "--workers", "2"]
    job = Job(command, tmp_path / "log")
    one = trained(tmp_path / "one", *options)

    assert job.wait(120) == 0, (tmp_path / "log").read_text()
    assert job.left_after(5) == []
    two, one_alone = (pq.read_table(run / "predictions.parquet") for run in (tmp_path / "two", one))
    assert two.column("fold").equals(one_alone.column("fold"))
    # Products of other sizes may differ in their last digits.
    np.testing.assert_allclose(two.column("prediction"), one_alone.column("prediction"), rtol=1e-5)
    assert (tmp_path / "log").read_text().count("Everything is in") == 1


@pytest.mark.posix
@pytest.mark.slow
@pytest.mark.bad_input(152)
def test_workers__152_that_cannot_share_equally__is_one_line(houses_csv: Path, tmp_path: Path) -> None:
    command = ["train", str(houses_csv), *ON_PRICE, "--model", "linear", "--folds", "2", "--workers", "3"]
    ended = subprocess.run(
        [sys.executable, "-m", "netable", *command, "-o", "run"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    *notes, line = ended.stderr.splitlines()
    assert line == "netable: 3 workers cannot share 2 networks equally; start 2 or 4."
    assert all(note.startswith("note: ") for note in notes)
    assert not (tmp_path / "run").exists()


@pytest.mark.bad_input(102)
@pytest.mark.parametrize(("code", "how"), [(-9, "SIGKILL"), (-77, "signal 77"), (75, "exit code 75")])
def test_workers__lost_again_and_again__is_one_line(
    monkeypatch: pytest.MonkeyPatch, code: int, how: str
) -> None:
    def fail(*_: object) -> dict[int, int]:
        raise ChildFailedError("worker", {1: ProcessFailure(1, 0, code, "")})

    monkeypatch.setattr("torch.distributed.launcher.api.elastic_launch", lambda *_: fail)

    message = rf"^Worker 1 was lost 4 times \({how}\)\. The same command with --resume continues\.$"
    with pytest.raises(WorkerError, match=message):
        start_workers(2, Path("run"))


@pytest.mark.posix
def test_end_stopped__worker_that_stays_stopped__is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "STOPPED_LOOKS", 0)
    stopped, over = subprocess.Popen(["sleep", "60"]), Event()
    stopped.send_signal(signal.SIGSTOP)
    watching = Thread(target=workers._end_stopped, args=(over,))
    watching.start()

    assert stopped.wait(10) == -signal.SIGKILL
    over.set()
    watching.join()


@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.parametrize(
    ("how", "epochs", "more"),
    [
        (signal.SIGKILL, "3000", ("--folds", "2")),
        (signal.SIGSTOP, "3000", ("--folds", "2")),
        (signal.SIGKILL, "3000", ONE_NETWORK),
    ],
)
def test_workers__one_is_lost__the_job_ends_with_the_same_bits(
    houses_csv: Path, tmp_path: Path, how: signal.Signals, epochs: str, more: tuple[str, ...]
) -> None:
    command = ["train", str(houses_csv), *ON_PRICE, "--max-epochs", epochs, "--patience", "3000", *FLOAT32]
    command += ["--no-report", "--hidden-layer-sizes", "8", *more]
    command += ["--workers", "2"]
    undisturbed = Job([*command, "-o", str(tmp_path / "undisturbed")], tmp_path / "log of it")
    job = Job([*command, "-o", str(tmp_path / "two")], tmp_path / "log")
    while not list((tmp_path / "two").glob("checkpoint/*.checkpoint")):
        sleep(0.1)
        assert job.process.poll() is None
    os.kill(job.workers()[1], how)

    assert undisturbed.wait(300) == 0
    assert job.wait(300) == 0, (tmp_path / "log").read_text()
    assert job.left_after(5) == []
    assert "note: a worker was lost; the run continues" in (tmp_path / "log").read_text()
    assert difference(results_of(tmp_path / "two"), results_of(tmp_path / "undisturbed")) == ""


@pytest.mark.slow
@pytest.mark.posix
@pytest.mark.parametrize(
    ("how", "code", "more"),
    [
        (signal.SIGINT, 130, ()),
        (signal.SIGTERM, -15, ()),
        (signal.SIGKILL, -9, ()),
        (signal.SIGINT, 130, ONE_NETWORK),
    ],
)
def test_workers__job_is_ended__none_outlives_it(
    houses_csv: Path, tmp_path: Path, how: signal.Signals, code: int, more: tuple[str, ...]
) -> None:
    command = ["train", str(houses_csv), *ON_PRICE, "--max-epochs", "9000", "--patience", "9000", *more]
    job = Job([*command, "-o", str(tmp_path / "two"), "--workers", "2"], tmp_path / "log")
    while not (tmp_path / "two" / "checkpoint" / "manifest.json").exists():
        sleep(0.1)
        assert job.process.poll() is None
    job.process.send_signal(how)

    assert job.wait(60) == code, (tmp_path / "log").read_text()
    assert job.left_after(5) == []


@pytest.mark.posix
def test_workers__job_is_killed_while_they_import_torch__none_outlives_it(
    houses_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_TORCH)
    monkeypatch.syspath_prepend(str(tmp_path))
    command = ["train", str(houses_csv), *ON_PRICE, "-o", str(tmp_path / "two"), "--workers", "2"]
    job = Job(command, tmp_path / "log")
    while len(job.workers()) < 2:
        sleep(0.1)
        assert job.process.poll() is None
    job.process.kill()

    assert job.wait(60) == -9
    assert job.left_after(20) == []


@pytest.mark.slow
def test_torchrun__two_processes__write_one_folder(houses_csv: Path, tmp_path: Path) -> None:
    command = ["train", str(houses_csv), *QUICK, *ON_PRICE, "-o", "run"]
    here = ("--standalone", "--nproc-per-node", "2")
    ended = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *here, "-m", "netable", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("Everything is in run.") == 1
    assert (tmp_path / "run" / "model.netable").exists()

"""Jobs in which hosts join and leave."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.kill import elastic
from benchmarks.kill.elastic import agent, cut_off, difference, may_make_networks, train, wait_for_checkpoints
from benchmarks.kill.run import make_table
from benchmarks.kill.workers import Job

EPOCHS = 6000
HERE = "127.0.0.1"
pytestmark = [pytest.mark.slow, pytest.mark.posix]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, and beside it the run of one process."""
    place = tmp_path_factory.mktemp("elastic")
    pq.write_table(make_table(), place / "table.parquet")
    alone = Job(train(place / "table.parquet", place / "expected", EPOCHS), place / "log")
    assert alone.wait(300) == 0, alone.log.read_text()
    return place / "table.parquet"


def test_torchrun__host_joins_and_leaves__ends_with_the_predictions_of_one_process(
    table: Path, tmp_path: Path
) -> None:
    command, run = train(table, tmp_path / "run", EPOCHS), tmp_path / "run"
    first = Job(command, tmp_path / "first", agent(HERE, is_first=True))
    jobs = [first]
    try:
        wait_for_checkpoints(jobs, run, pieces=0)
        jobs.append(Job(command, tmp_path / "second", agent(HERE, is_first=False)))
        wait_for_checkpoints(jobs, run, pieces=2)
        for process in jobs[1].processes():
            os.kill(process, signal.SIGKILL)

        assert first.wait(elastic.ENDED) == 0, first.log.read_text()
        assert first.left_after(elastic.GONE) == []
    finally:
        for job in jobs:
            job.end()
    assert difference(run, table.parent / "expected") < 1e-3


@pytest.mark.skipif(not may_make_networks(), reason="no right to make network namespaces")
def test_torchrun__host_is_cut_off__the_other_goes_on_within_a_minute(table: Path, tmp_path: Path) -> None:
    found = cut_off(train(table, tmp_path / "run", EPOCHS), tmp_path)

    assert found["recovered"] < 60
    assert found == {"code": 0, "left_of_job": 0, "workers_left_on_lost_host": 0} | {
        "recovered": found["recovered"]
    }
    assert difference(tmp_path / "run", table.parent / "expected") < 1e-3

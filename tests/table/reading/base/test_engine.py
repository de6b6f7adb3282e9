from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import duckdb
import pytest

from netable.system import machine
from netable.table.reading.base import engine
from netable.table.reading.base.engine import connect, scan


@pytest.mark.parametrize(
    ("cores", "asked", "threads"), [(3, None, 3), (3, "2", 2), (3, "8", 3), (3, "2,4", 2), (3, "many", 3)]
)
def test_connect__cores_and_omp_num_threads__bound_its_threads(
    cores: int, asked: str | None, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: cores)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if asked:
        monkeypatch.setenv("OMP_NUM_THREADS", asked)

    with connect() as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchall() == [(threads,)]


@pytest.mark.parametrize("memory", [2**30, None])
def test_connect__memory__is_bounded_by_what_may_be_used(
    memory: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "usable_memory", lambda: memory)

    with connect() as connection:
        limit = connection.execute("SELECT current_setting('memory_limit')").fetchall()[0][0]

    assert (limit == "819.1 MiB") == (memory is not None)


def test_connect__variables_and_extensions__are_out_of_reach() -> None:
    frame = {"a": [1]}

    with connect() as connection, pytest.raises(duckdb.Error, match="frame"):
        connection.sql("SELECT * FROM frame")
    with connect() as connection, pytest.raises(duckdb.Error, match="httpfs"):
        connection.sql("SELECT * FROM 'https://localhost/a.parquet'")
    assert frame
    assert os.environ


def test_connect__what_has_no_room__goes_to_a_folder_that_goes_away() -> None:
    with connect() as connection:
        folder = Path(connection.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])
        assert folder.is_dir()

    assert not folder.exists()


def test_connect__no_temporary_folder__works_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr(engine.tempfile, "TemporaryDirectory", refuse)

    with connect() as connection:
        assert connection.execute("SELECT current_setting('temp_directory')").fetchall() == [("",)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
def test_scan__forked_after_a_small_file__reads_and_ends_in_both() -> None:
    def read() -> list[str]:
        return scan("a,b\n1,2\n", ",", 2, [1], "rows.csv")[0]["c1"].to_pylist()

    assert read() == ["2"]
    pid = os.fork()
    if not pid:
        status = 1
        try:
            status = int(read() != ["2"])
            engine._database_of_small_files.cache_clear()  # as Python does at its end: it waits for a thread
        finally:
            os._exit(status)
    assert ended(pid) == 0
    assert read() == ["2"]


def ended(pid: int) -> int:
    """The exit status of a forked process; -1 if it had to be killed."""
    for _ in range(300):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -1

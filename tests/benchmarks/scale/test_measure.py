from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.scale import measure, rows, summary
from netable.cli.app import run as netable
from netable.config.settings import Settings
from small import QUICK


def test_rows__more_of_them__begin_with_the_same(tmp_path: Path) -> None:
    for count in (10, 1_000):
        rows.write(tmp_path / f"{count}.parquet", count)
    few, many = (pq.read_table(tmp_path / f"{count}.parquet") for count in (10, 1_000))

    assert few.equals(many.slice(0, 10).combine_chunks())
    assert (many.num_rows, many.num_columns) == (1_000, 20)
    assert 0 < many["x0"].null_count < 100
    assert np.std(many[rows.TARGET].to_numpy()) > 1


def test_run__a_program__has_its_output_seconds_and_memory() -> None:
    said, seconds, memory, clock = measure.run("this")

    assert "Simple is better than complex." in said
    assert seconds > 0
    assert memory > 5
    assert clock > 0


@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_measured__small_table__tells_of_every_phase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run_here(module: str, *arguments: str) -> tuple[str, float, float, float]:
        """In this process, where all is imported already."""
        if module == "netable":
            assert netable(list(arguments)) == 0
        else:
            measure.main(list(arguments))
        return capsys.readouterr().out, 1.0, 60.0, 2.0

    monkeypatch.setattr(measure, "run", run_here)
    monkeypatch.setattr(measure, "Settings", partial(Settings, **QUICK))
    options = measure.read_arguments(["--rows", "300", "--memory", "1GB"])

    *_, found = measure.measured(300, tmp_path, options)

    assert {"sample", "train", "judge", "fit", "predict"} == found["seconds"].keys()
    assert (found["rows"], found["stored"], found["rows_in_sample"]) == (300, False, 300)
    assert (found["memory_mb"]["predict"], found["clock"]["predict"]) == (60.0, 2.0)
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 300


def test_summarize__newest_of_each_size__is_in_the_table_and_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "PICTURE", tmp_path / "scale.svg")
    row: dict[str, Any] = {
        "date": "2026-11-30T10:00:00+00:00",
        "machine": {"cpu": "a processor", "cores": 2},
        "versions": {"netable": "0.1.0", "torch": "2.9"},
        "memory": "1GB",
        "file_mb": 2.0,
        "rows_in_sample": 900,
        "seconds": {"sample": 1.0, "train": 2.0, "predict": 3.0},
        "memory_mb": {"fit": 700.0, "predict": 400.0},
        "members": 2,
        "epochs": 1,
        "ending": "finished",
        "valid": {"rmse": 1.25},
    }

    summary.summarize(tmp_path / "scale.jsonl", [row | {"rows": 1_000}, row | {"rows": 9_000}])

    page = (tmp_path / "scale.md").read_text(encoding="utf-8")
    assert "| 9,000 | 2 | 900 | 2 | 1 | 1.0 |  |  | 2.0 |  | 3.0 |  | 700 | 400 | 1.250 * |" in page
    assert (tmp_path / "scale.svg").read_text(encoding="utf-8").count("<svg") == 1


@pytest.mark.slow
@pytest.mark.posix
def test_memory__four_times_as_many_rows__stays_the_same(tmp_path: Path) -> None:
    """As whole tables, the larger one would take more than 1 GB more in training, and 400 MB in predicting."""
    options = measure.read_arguments(["--rows", "1", "--memory", "1GB", "--time-limit", "40"])
    peaks = []
    for count in (500_000, 2_000_000):
        (folder := tmp_path / str(count)).mkdir()
        *_, found = measure.measured(count, folder, options)
        peaks.append(found)

    few, many = peaks
    assert few["stored"]
    assert many["stored"]
    for phase in ("fit", "predict"):
        assert many["memory_mb"][phase] < few["memory_mb"][phase] + 80
        assert many["memory_mb"][phase] < 1_000

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.memory import million


def test_enlarge__rows__are_there_again_with_other_numbers() -> None:
    table = pa.table({"x": [1.0, 2.0, None], "city": ["a", "b", "c"], "y": [1.0, 2.0, 3.0]})

    large = million.enlarge(table, 9, keep="y")

    assert large.num_rows == 9
    assert sorted(large["y"].to_pylist()) == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 3.0]
    assert sorted(large["city"].to_pylist()) == ["a", "a", "a", "b", "b", "b", "c", "c", "c"]
    assert large["x"].null_count == 3
    assert len(set(large["x"].to_pylist())) == 7


@pytest.fixture
def path(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=60)
    pq.write_table(pa.table({"x": x, "y": x + rng.normal(size=60)}), tmp_path / "small.parquet")
    return tmp_path / "small.parquet"


def test_measure__small_table__tells_of_every_phase(path: Path) -> None:
    found = million.measure(million.read_arguments([str(path), "y", "--effort", "fast"]))

    phases = {"read", "prepare", "statistics", "train", "score", "fit", "encode", "predict"}
    assert phases <= found["seconds"].keys() == found["memory_mb"].keys()
    assert found["epochs"] >= 1


@pytest.mark.slow
def test_main__small_table__is_enlarged_and_measured_in_a_process(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    million.main([str(path), "y", "--rows", "120"])

    told = capsys.readouterr().out
    assert "120 rows, 2 columns" in told
    assert "\ntrain " in told

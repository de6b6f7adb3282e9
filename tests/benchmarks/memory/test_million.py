from __future__ import annotations

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


def test_main__small_table__tells_of_every_phase(
    tmp_path: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=30)
    path = f"{tmp_path}/small.parquet"
    pq.write_table(pa.table({"x": x, "y": x + rng.normal(size=30)}), path)

    million.main([path, "y", "--rows", "60"])

    told = capsys.readouterr().out
    for phase in ("read", "prepare", "statistics", "train", "score", "encode", "predict"):
        assert f"\n{phase} " in told
    assert "60 rows, 2 columns" in told

"""The benchmarks are scripts; their folder is put where they find each other."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))


def mixed_frame(rows: int = 90) -> pd.DataFrame:
    """Numbers with gaps, a category with a gap, a flag, a date, names, an empty column, and three targets."""
    rng = np.random.default_rng(3)
    size = rng.normal(size=rows)
    city = rng.choice(["a{1}", "b", "c"], rows)
    return pd.DataFrame(
        {
            "size [m²]": np.where(rng.random(rows) < 0.1, np.nan, size),
            "city": pd.Series(city).where(rng.random(rows) > 0.1).astype("category"),
            "garden": rng.random(rows) < 0.5,
            "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "name": [f"n{row}" for row in range(rows)],
            "empty": np.full(rows, np.nan),
            "price": size + (city == "b"),
            "dear": np.where(size > 0, "yes", "no"),
            "third": np.digitize(size, [-0.4, 0.4]),
        }
    )


@pytest.fixture
def mixed() -> pd.DataFrame:
    return mixed_frame()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three small tables, one for each task, with their index."""
    folder = tmp_path_factory.mktemp("tables")
    tasks = {"price": "regression", "dear": "binary", "third": "multiclass"}
    entries = []
    for target, task in tasks.items():
        mixed_frame().drop(columns=set(tasks) - {target}).to_parquet(folder / f"{target}.parquet")
        entries.append({"name": f"on_{target}", "file": f"{target}.parquet", "target": target, "task": task})
    (folder / "index.json").write_text(json.dumps({"datasets": entries}))
    return folder

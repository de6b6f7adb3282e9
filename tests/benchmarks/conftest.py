"""Small tables for the tests of the benchmarks."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from small import mixed_frame


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

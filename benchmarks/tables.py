"""A folder of tables for benchmarks, and the cut and split that quality is measured on."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

TEST_SHARE = 0.2
CUT_SEED = 0


@dataclass(frozen=True)
class Table:
    """One entry of `index.json`."""

    name: str
    file: str
    target: str
    task: str


class Split(NamedTuple):
    """Training and test rows; classes are numbered in the order of their names."""

    X: pd.DataFrame
    y: NDArray[Any]
    X_test: pd.DataFrame
    y_test: NDArray[Any]
    labels: tuple[str, ...]


def load_index(folder: Path) -> list[Table]:
    """The tables that the folder's `index.json` names, as benchmarks/README.md describes it."""
    entries = json.loads((folder / "index.json").read_text(encoding="utf-8"))["datasets"]
    return [Table(entry["name"], entry["file"], entry["target"], entry["task"]) for entry in entries]


def choose(tables: Sequence[Table], names: Sequence[str] | None) -> list[Table]:
    """The tables of these names, in the order of the index; all of them if there are no names."""
    unknown = set(names or ()) - {table.name for table in tables}
    if unknown:
        sys.exit(f"The index has no table {sorted(unknown)[0]!r}.")
    return [table for table in tables if not names or table.name in names]


def split_table(folder: Path, table: Table, *, rows: int, seed: int) -> Split:
    """At most `rows` rows, the same for every seed, a fifth of them held out, of each class if there are any."""
    frame = pd.read_parquet(folder / table.file).dropna(subset=[table.target])
    frame = frame.sample(min(rows, len(frame)), random_state=CUT_SEED)
    target = frame.pop(table.target)
    if table.task == "regression":
        y, labels = target.to_numpy(dtype=np.float64), ()
    else:
        names, codes = np.unique(target.astype(str).to_numpy(dtype=object), return_inverse=True)
        y, labels = codes.astype(np.int64), tuple(names)
    X, X_test, y, y_test = train_test_split(
        frame, y, test_size=TEST_SHARE, random_state=seed, stratify=strata(y) if labels else None
    )
    return Split(X, y, X_test, y_test, labels)


def strata(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The classes, those of a single row, which cannot be in both parts, together with the most frequent one."""
    counts = np.bincount(codes)
    return np.where(counts[codes] > 1, codes, counts.argmax())

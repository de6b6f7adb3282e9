"""Tables on which problems are provoked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from sklearn import datasets

from benchmarks.tables import load_index
from netable.config.settings import config_from
from netable.doctor import Verdict
from netable.errors import DataWarning, TrainingWarning
from netable.fit.fit import fit
from netable.table.reading.read import from_array, read


@dataclass(frozen=True)
class Case:
    """A table of at most so many rows, in an order that the seed gives."""

    name: str
    table: pa.Table
    target: str
    task: str
    seed: int = 0

    def fit(
        self, *, table: pa.Table | None = None, valid_table: pa.Table | None = None, **settings: Any
    ) -> list[Verdict]:
        """The verdicts on a quick fit, of another table if one is given."""
        config = config_from({"target": self.target, "effort": "fast", "seed": self.seed} | settings)
        with quiet():
            model = fit(table or self.table, config, valid_table=valid_table)
        return model.diagnose()

    def __len__(self) -> int:
        """Rows."""
        return int(self.table.num_rows)


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings of ours: a provoked run has many."""
    with warnings.catch_warnings():
        for category in (DataWarning, TrainingWarning):
            warnings.simplefilter("ignore", category)
        yield


def any_case(case: Case) -> bool:
    """Every table will do."""
    return True


class Provocation(NamedTuple):
    """A way to provoke a problem, the id of the verdict that should detect it, and the tables that can have it."""

    id: str
    run: Callable[[Case], list[Verdict]]
    fits: Callable[[Case], bool] = any_case


def cases(data: Path | None, *, rows: int, seed: int = 0) -> Iterator[Case]:
    """The tables of a folder with an `index.json`, or, without one, those that scikit-learn carries."""
    if data is None:
        yield from _carried(rows, seed)
        return
    for entry in load_index(data):
        table = read(data / entry.file)
        yield Case(entry.name, _some(table, rows, seed), entry.target, entry.task, seed)


def _carried(rows: int, seed: int) -> Iterator[Case]:
    for name, task in (
        ("breast_cancer", "binary"),
        ("diabetes", "regression"),
        ("digits", "multiclass"),
        ("iris", "multiclass"),
        ("wine", "multiclass"),
    ):
        numbers, target = getattr(datasets, f"load_{name}")(return_X_y=True)
        table = from_array(numbers)
        labels = target if task == "regression" else np.char.add("class ", target.astype(str))
        yield Case(
            name, _some(table.append_column("target", pa.array(labels)), rows, seed), "target", task, seed
        )


def _some(table: pa.Table, rows: int, seed: int) -> pa.Table:
    order = np.random.default_rng(seed).permutation(table.num_rows)[:rows]
    return table.take(pa.array(order))

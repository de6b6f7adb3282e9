"""Models whose predictions are a known function of their numbers, so that every explanation can be worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.model import Model
from netable.model.row_sketch import RowSketch
from netable.table.encode import Encoded
from small import QUICK

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


class KnownModel(Model):
    """A model that predicts a function of the numbers of a row."""

    function: Function

    def outcome_of(self, encoded: Encoded) -> NDArray[np.float64]:
        return self.function(encoded.numbers.astype(np.float64)).reshape(len(encoded.numbers), -1)


def make_numbers(n_rows: int, n_columns: int) -> pa.Table:
    """Columns x0, x1, … of independent normal numbers, and y, their sum."""
    X = np.random.default_rng(3).normal(size=(n_rows, n_columns)).astype(np.float32).astype(np.float64)
    return pa.table({f"x{i}": x for i, x in enumerate(X.T)} | {"y": X.sum(1)})


@pytest.fixture(scope="session")
def known() -> Callable[[int, Function], tuple[KnownModel, pa.Table]]:
    """For a number of columns and a function of them: a model, and its table of 60 rows."""
    fitted: dict[int, Model] = {}

    def make(n_columns: int, function: Function) -> tuple[KnownModel, pa.Table]:
        table = make_numbers(60, n_columns)
        if n_columns not in fitted:
            fitted[n_columns] = fit(table, Settings(target="y", model="linear", max_epochs=1, folds=2))
        model = fitted[n_columns]
        parts = {f.name: getattr(model, f.name) for f in fields(model) if f.init}
        found = KnownModel(**parts | {"sketch": RowSketch()})  # a function has seen no rows
        found.function = function
        return found, table

    return make


@pytest.fixture(scope="session")
def two_stacks(small_houses: pa.Table) -> Model:
    """A regression by two stacks of three members, which count differently."""
    stacks = ({"hidden_layer_sizes": [4]}, {"hidden_layer_sizes": [3], "seed": 1})
    settings = {**QUICK, "folds": 3, "stacks": stacks}
    return fit(small_houses, Settings(target="price", **settings))


@pytest.fixture(scope="session")
def small_houses() -> pa.Table:
    """The small table with the target price."""
    from small import make_table

    return make_table().drop_columns(["rooms", "dear", "third"])

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.errors import ConfigError, DataError, SchemaError
from netable.explanation.grid import FIRST, LAST, Grid
from netable.fit.fit import fit
from netable.model.model import Model
from small import QUICK, make_table


def cells(table: pa.Table, grid: Grid) -> list[Any]:
    return [table.column(grid.name)[int(row)].as_py() for row in grid.rows]


@pytest.fixture
def houses() -> pa.Table:
    return make_table().drop_columns(["rooms", "dear", "third"])


def test_grid__number__has_rising_quantiles_that_rows_have(regression_model: Model, houses: pa.Table) -> None:
    grid = Grid.of(regression_model, houses, "size", 7)
    size = houses.column("size").drop_null().to_numpy()

    expected = np.quantile(size, np.linspace(FIRST, LAST, 7), method="inverted_cdf")
    assert grid.values == expected.tolist() == cells(houses, grid)
    assert grid.kind == "number"


def test_grid__few_distinct_numbers__are_all_there(regression_model: Model, houses: pa.Table) -> None:
    table = houses.set_column(1, "age", pa.array([30.0, 20.0, None, 50.0] * 30))
    grid = Grid.of(regression_model, table, "age", 20)

    assert grid.values == [20.0, 30.0, 50.0] == cells(table, grid)


def test_grid__category__has_the_most_frequent_levels_and_missing(
    regression_model: Model, houses: pa.Table
) -> None:
    assert Grid.of(regression_model, houses, "도시", 20).values == ["Busan", "Seoul", "서귀포", None]
    towns = houses.set_column(2, "도시", pa.array(["Seoul"] * 70 + [None] * 10 + ["Busan"] * 40))
    grid = Grid.of(regression_model, towns, "도시", 2)

    assert grid.values == ["Busan", "Seoul"] == cells(towns, grid)


def test_grid__date__has_dates_of_rows(regression_model: Model, houses: pa.Table) -> None:
    grid = Grid.of(regression_model, houses, "sold", 5)

    assert grid.values == [when.date() for when in cells(houses, grid)] == sorted(grid.values)
    assert all(type(value) is date for value in grid.values)


def test_grid__dates_with_a_time_and_flags_of_all_sorts__are_shown_as_they_are() -> None:
    n = 60
    hours = np.arange(n).astype("datetime64[h]").astype("datetime64[us]")
    table = pa.table(
        {
            "when": pa.array(hours),
            "text": ["Yes", "no", "YES"] * 20,
            "whole": [0.0, 1.0, 1.0] * 20,
            "truth": [True, False, None] * 20,
            "y": np.random.default_rng(0).normal(size=n),
        }
    )
    model = fit(table, Settings(target="y", **QUICK))

    assert all(type(value) is datetime for value in Grid.of(model, table, "when", 4).values)
    assert Grid.of(model, table, "text", 4).values == ["no", "yes"]
    assert Grid.of(model, table, "whole", 4).values == [0.0, 1.0]
    assert Grid.of(model, table, "truth", 4).values == [False, True, None]


def test_grid__what_cannot_be_looked_at__is_refused(regression_model: Model, houses: pa.Table) -> None:
    with pytest.raises(
        SchemaError, match=r"^The column to explain, 'sizes' is not in the table\. Did you mean"
    ):
        Grid.of(regression_model, houses, "sizes", 5)
    with pytest.raises(
        DataError, match=r"^The column 'size' has no value in this table; there is nothing to"
    ):
        Grid.of(regression_model, houses.slice(0, 0), "size", 5)
    with pytest.raises(ConfigError, match=r"^points must be an integer of at least 2; got 1\.$"):
        Grid.of(regression_model, houses, "size", 1)

from __future__ import annotations

import json
import warnings
from typing import Any

import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.errors import DataError, DataWarning
from netable.fit.fit import fit
from netable.table.reading.read import read
from netable.table.schema import Schema
from netable.table.target import Target
from small import QUICK

PRICES = [f"{i}.5" for i in range(120)]
SIZES = [float(i % 7) for i in range(120)]


def table(*others: str) -> pa.Table:
    prices = [*others, *PRICES[len(others) :]]
    with pytest.warns(DataWarning, match="mostly numbers, but kept as text for the rest: 'price'"):
        return read(pa.table({"price": prices, "size": SIZES}))


def inferred(data: pa.Table, **options: Any) -> tuple[Schema, pa.Table]:
    return Schema.infer(data, **options)


@pytest.mark.bad_input(118)
def test_mixture__118_a_handful_of_cells_that_are_no_numbers__is_refused_with_the_cells() -> None:
    message = (
        r"'price' holds numbers, but 2 of 120 cells are not numbers, such as 'sold out' in row 1, 'a\?' in row 2\. "
        r"Correct these cells, or set the column's kind: kinds={\"price\": \"number\"}.*, "
        r"kinds={\"price\": \"category\"} keeps"
    )
    with pytest.raises(DataError, match=message):
        inferred(table("sold out", "a?"))
    with pytest.raises(
        DataError, match=r"The target 'price' holds numbers, but 1 of 120 cells .*task='multiclass'"
    ):
        Target.infer(table("sold out"), "price")


def test_mixture__kind_number__counts_the_cells_as_missing_also_later() -> None:
    with pytest.warns(
        DataWarning, match=r"In 'price', 2 cells taken as missing.*rows 1, 2 .*such as 'sold out'"
    ):
        schema, selected = inferred(table("sold out", "a?"), kinds={"price": "number"})
    assert selected["price"].to_pylist() == [None, None, *map(float, PRICES[2:])]
    later = read(pa.table({"price": ["gone", "7"], "size": [1.0, 2.0]}), storage=schema.storage)
    with pytest.warns(DataWarning, match="In 'price', 1 cell taken as missing"):
        assert schema.select(later)["price"].to_pylist() == [None, 7.0]


@pytest.mark.parametrize("kind", ["number", "category"])
def test_mixture__in_the_results__with_the_cells(kind: str) -> None:
    settings = Settings(target="size", kinds={"price": kind}, task="regression", **QUICK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        results = fit(table("sold out"), settings).results
    assert json.loads(json.dumps(results))["mixed"] == {
        "price": "1 of 120 cells are not numbers, such as 'sold out' in row 1"
    }


def test_mixture__many_other_cells__is_a_category_with_a_note() -> None:
    schema, _ = inferred(table(*["V27"] * 20))
    assert schema.columns[0].kind == "category"
    assert schema.mixtures(table(*["V27"] * 20))["price"].startswith("20 of 120 cells are not numbers")

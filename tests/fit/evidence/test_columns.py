from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.doctor.columns import Column
from netable.fit.evidence.columns import column_facts, target_shifts
from netable.fit.evidence.neighbours import Sample
from preparing import numbers, prepared

ROWS = 400


def facts(table: pa.Table, valid: pa.Table | None = None, **settings: Any) -> dict[str, Column]:
    own = prepared(table, valid, **settings)
    found = column_facts(own, Sample.of(own, np.arange(table.num_rows), np.random.default_rng(0)))
    return {column.name: column for column in found}


def test_column_facts__ordinary_columns__are_unremarkable(rng: np.random.Generator) -> None:
    days = rng.integers(0, 3000, ROWS).astype("datetime64[D]").astype("datetime64[us]")
    found = facts(numbers(day=days, c=rng.choice(["u", "v", "w"], ROWS), f=rng.random(ROWS) < 0.5))

    assert list(found) == ["a", "b", "day", "c", "f"]
    for column in found.values():
        assert column.present == ROWS
        assert (column.cut, column.merged, column.new, column.counts) == (0, 0.0, 0.0, "")
        assert column.middle > 0.1
        assert column.explained.share < 0.6


@pytest.mark.filterwarnings("ignore:Values far outside")
def test_column_facts__values_beyond_a_million_spreads__are_counted(rng: np.random.Generator) -> None:
    x = rng.normal(size=ROWS)
    x[:3] = [1e9, -1e9, 1e12]

    assert facts(numbers(x=x))["x"].cut == 3


@pytest.mark.filterwarnings("ignore:Values far outside")
def test_column_facts__one_value_far_out__squeezes_the_others_of_a_linear_model(
    rng: np.random.Generator,
) -> None:
    x = rng.normal(size=ROWS)
    x[0] = 1e9
    found = facts(numbers(x=x), model="linear")["x"]

    assert found.cut == 0  # a deviation is never that much smaller
    assert found.middle < 1e-6


def test_column_facts__digits_behind_large_numbers__are_lost(rng: np.random.Generator) -> None:
    x = rng.normal(size=ROWS) + 1e12 * rng.integers(0, 2, ROWS)

    assert facts(numbers(x=x))["x"].merged > 0.3
    assert facts(numbers(x=rng.normal(size=ROWS) + 1e12))["x"].merged == 0.0  # the offset is taken off


@pytest.mark.parametrize("transform", [lambda y: 3 * y + 7, lambda y: np.exp(y), lambda y: np.round(y, 3)])
def test_column_facts__function_of_the_target__tells_it(transform: Any) -> None:
    table = numbers()
    fee = transform(table.column("y").to_numpy())

    assert facts(table.append_column("fee", pa.array(fee)))["fee"].explained.share > 0.99


def test_column_facts__missing_cells_that_follow_from_the_class__tell_it(rng: np.random.Generator) -> None:
    y = rng.choice(["no", "yes"], ROWS)
    table = pa.table(
        {"a": rng.normal(size=ROWS), "left": pa.array(rng.normal(size=ROWS), mask=y == "no"), "y": y}
    )
    found = facts(table)

    assert found["left"].explained.share > 0.98
    assert found["a"].explained.share < 0.3


@pytest.mark.bad_input(111)
def test_column_facts__27_identifier_that_was_kept__looks_like_one(rng: np.random.Generator) -> None:
    found = facts(
        numbers(
            customer=rng.choice(8 * ROWS, ROWS, replace=False) + 1e4,
            order=np.cumsum(rng.integers(1, 900, ROWS)) + 1e6,
            phone=rng.choice(10**9, ROWS, replace=False) + 1e9,
            code=[f"K{i:05d}" for i in rng.integers(0, 2 * ROWS, ROWS)],
            weight=np.round(rng.lognormal(12, 1, ROWS)),
            area=np.floor(rng.uniform(0, 300, ROWS)),
        )
    )

    assert "never repeat, where chance would have about" in found["customer"].counts
    assert "rise from each row to the next" in found["order"].counts
    assert "spread evenly" in found["phone"].counts
    assert found["code"].new > 0.5
    assert found["weight"].counts == found["area"].counts == ""


def test_column_facts__rising_numbers_that_tell_the_target__are_no_count() -> None:
    x = np.cumsum(np.arange(ROWS)) + 3.0
    table = pa.table({"a": np.arange(ROWS) % 7.0, "x": x, "y": np.sqrt(x)})

    assert facts(table)["x"].counts == ""


def test_target_shifts__other_classes__are_found(rng: np.random.Generator) -> None:
    y = np.array(["a", "b"])
    table = pa.table({"x": rng.normal(size=300), "y": y[(rng.random(300) < 0.5).astype(int)]})
    valid = pa.table({"x": rng.normal(size=300), "y": y[(rng.random(300) < 0.9).astype(int)]})

    (found,) = target_shifts(prepared(table, valid))

    assert found.shift.distance == pytest.approx(0.4, abs=0.1)
    assert found.shift.chance < 1e-9


@pytest.mark.filterwarnings("ignore:Values far outside")
@pytest.mark.parametrize("model", ["mlp", "linear"])
def test_column_facts__numbers_as_large_as_there_are__do_not_overflow(
    rng: np.random.Generator, model: str
) -> None:
    found = facts(numbers(60, x=rng.choice([-8e307, 8e307, 1.0], 60)), model=model)["x"]

    assert (found.cut, found.merged) == (0, 0.0)
    assert 0 < found.middle < 3

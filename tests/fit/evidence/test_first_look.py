from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netable.fit.evidence.first_look import gather_first_look
from preparing import numbers, prepared


def test_halves__column_that_rises__is_far_apart_and_others_are_not() -> None:
    table = numbers(400, day=np.arange(400) + 0.5, kind=["a", "b"] * 200, half=["x"] * 200 + ["y"] * 200)

    shifts = {column.name: column.shift for column in gather_first_look(prepared(table)).halves}

    assert shifts["day"].distance == shifts["half"].distance == 1.0
    assert shifts["kind"].distance == 0.0
    assert shifts["a"].chance > 0.001
    assert shifts.keys() == {"a", "b", "day", "kind", "half", "y"}


@pytest.mark.parametrize("settings", [{"time_column": "day"}, {}])
def test_halves__few_rows_or_declared_order__are_not_compared(settings: dict[str, str]) -> None:
    rows = 400 if settings else 80

    assert gather_first_look(prepared(numbers(rows, day=np.arange(rows) + 0.5), **settings)).halves == []


def test_contradictions__worked_by_hand__bound_every_model() -> None:
    # Three rows of (1, p): two yes, one no. Two rows of (2, p): one each. The others are single, or agree.
    x = [1, 1, 1, 2, 2, 3, 3, 4, *range(10, 60)]
    y = ["yes", "yes", "no", "yes", "no", "no", "no", "yes", *["yes", "no"] * 25]
    table = pa.table({"x": pa.array(x, pa.float64()), "z": ["p"] * 30 + ["q"] * 28, "y": y})

    found = gather_first_look(prepared(table)).contradictions

    assert found is not None
    assert (list(found.rows), found.wrong, found.all_rows) == ([0, 1, 2, 3, 4], 2, 58)


def test_contradictions__no_equal_rows_or_a_regression__are_none() -> None:
    table = numbers(100)
    assert gather_first_look(prepared(table)).contradictions is None
    classes = table.set_column(2, "y", pa.array(["a", "b"] * 50))
    found = gather_first_look(prepared(classes)).contradictions
    assert found is not None
    assert (list(found.rows), found.wrong) == ([], 0)


def test_spelled_alike__classes__are_grouped() -> None:
    labels = pa.array((["Yes", "yes", "no"] * 40)[:100])

    assert gather_first_look(prepared(numbers(100).set_column(2, "y", labels))).spelled_alike == [
        ["Yes", "yes"]
    ]

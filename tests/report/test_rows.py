"""The rows and the parts of a table that are predicted worst."""

from __future__ import annotations

from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.report.rows import _parts, _share_of_loss, _weak_parts
from netable.table.kinds.category import Category
from netable.table.kinds.date import Date
from netable.table.kinds.number import Number


def chunked(values: list[Any]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values)])


def test_parts__many_levels__are_the_frequent_ones() -> None:
    levels = [f"level {n:02}" for n in range(40)] + ["zebra"] * 30
    found = list(_parts(Category("c", "text"), chunked(levels)))

    assert len(found) == 30
    assert (found[0][0], found[0][1].sum()) == ("zebra", 30)


def test_parts__dates_held_as_categories__are_quarters() -> None:
    days = chunked([f"2020-01-{day:02}" for day in range(1, 29)]).dictionary_encode()
    found = list(_parts(Date("d", "category"), days))

    assert found[0][0].startswith("2020-01-01 to 2020-01-0")
    assert sum(mask.sum() for _, mask in found) == 28


def test_parts__missing_cells__are_a_part() -> None:
    name, mask = next(islice(_parts(Number("x", "number"), chunked([1.0, None, 2.0])), 1))

    assert (name, mask.tolist()) == ("missing", [False, True, False])


@pytest.mark.parametrize(("weight", "stands_out"), [(1.0, True), (0.001, False)])
def test_weak_parts__rows_of_little_weight__do_not_make_one(weight: float, stands_out: bool) -> None:
    """Only some rows of the level are badly predicted; where they hardly count, the level is as good as the other."""
    rng = np.random.default_rng(0)
    bad = np.arange(200) < 50
    losses = np.where(bad, 5.0, 1.0) + rng.random(200) / 10
    column = Category("c", "text")
    judged = SimpleNamespace(
        weight=np.where(bad, weight, 1.0),
        model=SimpleNamespace(task="binary", schema=SimpleNamespace(used=(column,))),
        table=pa.table({"c": np.where(np.arange(200) < 100, "a", "b")}),
    )

    assert hasattr(_weak_parts(judged, losses), "rows") == stands_out


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("mse", "cause 90% of the total squared error."),  # 9 of 9 + 1
        ("mae", "cause 75% of the total absolute error."),  # 3 of 3 + 1
    ],
)
def test_share_of_loss__regression__is_of_the_loss_that_was_trained(loss: str, said: str) -> None:
    recipe = SimpleNamespace(loss=loss, quantile=0.5)
    judged = SimpleNamespace(
        model=SimpleNamespace(task="regression", recipe=recipe),
        y=np.array([[0.0], [10.0], [20.0]]),
        outcome=np.array([[3.0], [11.0], [20.0]]),
        weight=np.ones(3),
    )

    assert _share_of_loss(judged, np.array([0, 2])) == f"These 2 rows {said}"

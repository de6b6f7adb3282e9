from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from netable.fit.preparation.sharp_pairs import FEWEST_ROWS, has_sharp_pair
from netable.table.encode import Encoded
from netable.table.rows import Rows

Array = NDArray[np.float64]


def rows_of(numbers: Array, y: NDArray[Any], weight: Array | None = None) -> Rows:
    encoded = Encoded(numbers.astype(np.float32), np.zeros((len(numbers), 0), dtype=np.int64))
    return Rows(encoded, y, np.ones(len(numbers)) if weight is None else weight)


def board(x: Array) -> Array:
    """The black and white fields of a board of 16 by 16."""
    return np.floor(16 * x[:, 1]) % 2 == np.floor(16 * x[:, 2]) % 2


LAWS: dict[str, tuple[Callable[[Array], Array], bool]] = {
    "board": (lambda x: board(x).astype(float), True),
    "board of prices": (lambda x: np.exp(5 * board(x) + 8 * x[:, 0]), True),
    "steps of one column": (lambda x: np.floor(16 * x[:, 1]) % 2, False),
    "product": (lambda x: (x[:, 1] - 0.5) * (x[:, 2] - 0.5), False),
    "wide waves": (lambda x: np.sin(6 * x[:, 1]) * np.sin(6 * x[:, 2]), False),
    "noise": (lambda x: np.random.default_rng(1).normal(size=len(x)), False),
    "constant": (lambda x: np.ones(len(x)), False),
}


@pytest.fixture
def x(rng: np.random.Generator) -> Array:
    return rng.random((10_000, 5))


@pytest.mark.parametrize("law", LAWS)
def test_has_sharp_pair__law__is_true_for_sharp_ones_of_two_columns(law: str, x: Array) -> None:
    rule, expected = LAWS[law]

    assert has_sharp_pair(rows_of(x, rule(x)[:, None]), "regression") is expected


def test_has_sharp_pair__second_target__counts_too(x: Array) -> None:
    targets = np.column_stack([x[:, 0], board(x)])

    assert has_sharp_pair(rows_of(x, targets), "regression")


@pytest.mark.parametrize("missing", [False, True])
def test_has_sharp_pair__classes__sees_the_most_frequent_one(x: Array, missing: bool) -> None:
    y = np.where(x[:, 0] > 0.9, 2, board(x)).astype(np.int64)
    numbers = np.where(np.random.default_rng(2).random(x.shape) < 0.1, np.nan, x) if missing else x

    assert has_sharp_pair(rows_of(numbers, y), "multiclass")
    assert not has_sharp_pair(rows_of(numbers[:, [0, 1, 3, 4]], y), "multiclass")


def test_has_sharp_pair__few_rows_that_count__is_false(x: Array) -> None:
    weight = (np.arange(len(x)) < FEWEST_ROWS - 1).astype(float)

    assert not has_sharp_pair(rows_of(x, board(x)[:, None].astype(float), weight), "regression")


@pytest.mark.parametrize("columns", [0, 1])
def test_has_sharp_pair__no_pair__is_false(x: Array, columns: int) -> None:
    assert not has_sharp_pair(rows_of(x[:, :columns], x[:, :1]), "regression")

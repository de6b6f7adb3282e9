from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.datasets import make_blobs

from netable.fit.evidence.neighbours import Sample
from netable.fit.evidence.pairs import Pair, order_pairs, table_pairs

Values = NDArray[Any]


def sample(y: Values) -> Sample:
    """Of classes, if these are whole numbers, or of ranks."""
    if y.dtype.kind in "iub":
        return Sample(np.arange(len(y)), y.astype(np.int64))
    return Sample(np.arange(len(y)), rankdata(y)[:, None] / len(y))


def best(pairs: list[Pair]) -> Pair | None:
    return max(pairs, key=lambda pair: pair.explained.share, default=None)


def codes(seed: int = 0, rows: int = 1500) -> Values:
    """Five columns of two to six values."""
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.integers(0, size, rows) for size in (2, 2, 3, 5, 6)]).astype(np.float64)


@pytest.mark.parametrize("seed", range(3))
def test_table_pairs__class_by_two_columns__is_found_though_neither_tells(seed: int) -> None:
    x = codes(seed)
    for one, other, y in ((0, 1, x[:, 0] != x[:, 1]), (3, 4, (x[:, 3] + x[:, 4]) % 3)):
        pair = best(table_pairs(x, sample(y.astype(np.int64))))

        assert pair is not None
        assert (pair.columns, pair.sign) == ((one, other), "")
        assert pair.explained.share == 1.0
        assert pair.explained.at_least > 0.95


def test_table_pairs__number_by_two_columns__is_found() -> None:
    x = codes()
    pair = best(
        table_pairs(x, sample(np.random.default_rng(1).normal(size=30)[(6 * x[:, 3] + x[:, 4]).astype(int)]))
    )

    assert pair is not None
    assert pair.columns == (3, 4)
    assert pair.explained.share > 0.9995


def test_table_pairs__missing_cells__are_left_out() -> None:
    x = codes()
    y = (x[:, 0] != x[:, 1]).astype(np.int64)
    x[np.random.default_rng(1).random(x.shape) < 0.1] = np.nan
    pair = best(table_pairs(x, sample(y)))

    assert pair is not None
    assert pair.explained.share == 1.0
    assert 1100 < pair.explained.rows < 1300


@pytest.mark.parametrize("seed", range(5))
def test_table_pairs__three_columns_or_noise__is_none(seed: int) -> None:
    x, rng = codes(seed), np.random.default_rng(seed + 50)
    three = (x[:, 0] + x[:, 1] + x[:, 2]) % 2
    flipped = (x[:, 0] != x[:, 1]) ^ (rng.random(len(x)) < 0.03)

    for y in (three.astype(np.int64), flipped, rng.integers(0, 3, len(x))):
        pair = best(table_pairs(x, sample(y)))
        assert pair is None or pair.explained.share < 0.98


def test_table_pairs__cells_of_one_row__tell_nothing() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 60, (1000, 2)).astype(np.float64)

    assert table_pairs(x, sample(rng.integers(0, 2, 1000))) == []


@pytest.mark.parametrize(
    ("sign", "rule"),
    [
        ("−", lambda a, b: a > b),
        ("+", lambda a, b: np.digitize(a + b, [-1, 0, 2])),
        ("×", lambda a, b: a * b > 0.3),
        ("/", lambda a, b: np.digitize(a / b, [-1, 0.5])),
        ("−", lambda a, b: np.abs(a - b)),
        ("+", lambda a, b: np.exp(a + b)),
    ],
)
def test_order_pairs__rule_of_two_numbers__is_found_with_its_sign(sign: str, rule: Any) -> None:
    x = np.random.default_rng(0).normal(size=(2000, 6))
    pair = best(order_pairs(x, sample(rule(x[:, 1], x[:, 4]))))

    assert pair is not None
    assert (pair.columns, pair.sign) == ((1, 4), sign)
    assert pair.explained.share > 0.999


@pytest.mark.parametrize("seed", range(5))
def test_order_pairs__noise__is_none(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1000, 6))
    for y in (
        x[:, 0] - x[:, 1] + 0.2 * rng.normal(size=1000),
        x[:, 0] + x[:, 1] > 0.2 * rng.normal(size=1000),
    ):
        pair = best(order_pairs(x, sample(y)))
        assert pair is None or pair.explained.share < 0.99


@pytest.mark.parametrize("seed", range(5))
def test_order_pairs__clusters_far_apart__are_no_rule(seed: int) -> None:
    x, y = make_blobs(1000, n_features=5, centers=2, cluster_std=1.5, random_state=seed)

    assert order_pairs(x, sample(y)) == []


@pytest.mark.parametrize("columns", [0, 1])
def test_pairs__fewer_than_two_columns__are_none(columns: int) -> None:
    x = codes()[:, :columns]

    assert table_pairs(x, sample(np.arange(1500) % 2)) == []
    assert order_pairs(x, sample(np.arange(1500) % 2)) == []

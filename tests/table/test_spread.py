from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netable.table.kinds import infer_column
from netable.table.kinds.column import ColumnValues
from netable.table.spread import BINS, Spread, evenly, measure_spread


def spread(values: object) -> Spread:
    data = pa.chunked_array([values])
    return measure_spread(infer_column(ColumnValues("x", data)), data)


def test_spread__numbers__have_bars_between_their_outer_hundredths() -> None:
    values = np.arange(1001.0)

    found = spread(pa.array(values, mask=values % 10 == 3))

    assert (found.rows, found.missing, found.distinct) == (1001, 100, 901)
    assert found.quantiles == (0.0, 500.0, 1000.0)
    inner = values[values % 10 != 3]
    low, high = np.quantile(inner, (0.01, 0.99))
    assert found.ends == pytest.approx((low, high))
    assert found.bars == tuple(np.histogram(inner, BINS, (low, high))[0])


def test_spread__levels__are_the_most_frequent_first() -> None:
    found = spread(pa.array(["b"] * 5 + ["a"] * 3 + ["c"] * 3 + [None]))

    assert found.levels == (("b", 5 / 11), ("a", 3 / 11), ("c", 3 / 11))
    assert (found.bars, found.n_levels, found.missing, found.ends) == ((5, 3, 3), 3, 1, ())


def test_spread__numbers_near_the_limits__do_not_overflow() -> None:
    found = spread(pa.array([-1.7e308, 0.0, 1.7e308] * 20))

    assert sum(found.bars) == 60
    assert np.isfinite(found.ends).all()


def test_spread__empty_column__is_only_counted() -> None:
    assert spread(pa.nulls(4, pa.float64())) == Spread(4, 4, 0)


def test_evenly__more_rows_than_asked_for__begin_and_end_with_the_table() -> None:
    assert evenly(3, 10).tolist() == [0, 1, 2]
    assert evenly(101, 3).tolist() == [0, 50, 100]

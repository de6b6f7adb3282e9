from __future__ import annotations

import numpy as np
import pytest

from netable.errors import ConfigError
from netable.explanation.cells import concat, put, sample_rows
from netable.model.model import Model
from small import make_table


def test_put__column_of_several_numbers__is_moved_as_one(regression_model: Model) -> None:
    encoded = regression_model.encode(make_table().select(["size", "age", "도시", "garden", "sold"]))
    spans = regression_model.encoder.spans
    block = encoded.take(np.arange(3))

    put(block, spans["sold"], encoded, np.array([7, 8, 9]))
    put(block, spans["도시"], encoded, np.array([9, 8, 7]))

    numbers, codes = spans["sold"][0], spans["도시"][1]
    assert numbers.stop - numbers.start == 6
    np.testing.assert_array_equal(block.numbers[:, numbers], encoded.numbers[7:10, numbers])
    np.testing.assert_array_equal(block.codes[:, codes], encoded.codes[[9, 8, 7]][:, codes])
    np.testing.assert_array_equal(block.numbers[:, : numbers.start], encoded.numbers[:3, : numbers.start])


def test_concat__blocks__are_one_after_the_other(regression_model: Model) -> None:
    encoded = regression_model.encode(make_table().select(["size", "age", "도시", "garden", "sold"]))
    joined = concat([encoded.take(np.array([2])), encoded.take(np.array([0, 1]))])

    np.testing.assert_array_equal(joined.numbers, encoded.numbers[[2, 0, 1]])
    np.testing.assert_array_equal(joined.codes, encoded.codes[[2, 0, 1]])


def test_sample_rows__more_than_are_wanted__are_drawn_once_each_by_the_seed() -> None:
    rows = sample_rows(100, 30, 4)

    assert (np.diff(rows) > 0).all()
    assert len(rows) == 30
    assert rows.tolist() == sample_rows(100, 30, 4).tolist() != sample_rows(100, 30, 5).tolist()
    assert sample_rows(5, 30, 0).tolist() == [0, 1, 2, 3, 4]
    assert set(sample_rows(100, 2, 0, np.array([3, 50, 99])).tolist()) < {3, 50, 99}


def test_sample_rows__seed_that_is_none__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^seed must be an integer of at least 0; got -1\.$"):
        sample_rows(5, 2, -1)

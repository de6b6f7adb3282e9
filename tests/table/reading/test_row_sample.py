from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.table.reading.row_sample import RowSample, RowSampler

ROWS = 5_000


def sampled(most: int, sizes: list[int], seed: int = 0) -> RowSample:
    sampler, start = RowSampler(most, seed), 0
    for size in sizes:
        sampler.add(pa.table({"row": np.arange(start, start + size)}))
        start += size
    return sampler.sample()


@given(st.lists(st.integers(0, 700), min_size=1, max_size=20), st.integers(1, 300))
def test_sample__any_pieces__has_the_same_rows(sizes: list[int], most: int) -> None:
    found, whole = sampled(most, sizes), sampled(most, [sum(sizes)])

    assert found.n_rows == sum(sizes)
    assert len(found.numbers) == min(most, sum(sizes))
    assert found.numbers.tolist() == whole.numbers.tolist()
    assert pa.concat_tables(found.tables)["row"].to_pylist() == found.numbers.tolist()


def test_sample__of_as_many_rows__is_the_table() -> None:
    assert sampled(ROWS, [4_000, 1_000]).numbers.tolist() == list(range(ROWS))


@pytest.mark.parametrize("seed", range(3))
def test_sample__of_a_tenth__is_spread_evenly(seed: int) -> None:
    numbers = sampled(500, [ROWS], seed).numbers

    counts = np.histogram(numbers, 10, (0, ROWS))[0]
    assert ((counts - 50) ** 2 / 50).sum() < 28  # chi-square of 9 degrees, one in a thousand
    assert len(np.intersect1d(numbers, sampled(500, [ROWS], seed + 1).numbers)) < 100

from __future__ import annotations

import numpy as np
import pytest

from netable.model.row_sketch import SKETCH_SIZE, RowSketch
from netable.table.encode import Encoded


def encoded(rng: np.random.Generator, n_rows: int) -> Encoded:
    numbers = rng.normal(size=(n_rows, 3)).astype(np.float32)
    numbers[rng.random((n_rows, 3)) < 0.1] = np.nan
    return Encoded(numbers, rng.integers(0, 5, (n_rows, 2)), {})


def rows(of: Encoded, chosen: object) -> Encoded:
    return Encoded(of.numbers[chosen], of.codes[chosen], {})


def joined(first: Encoded, second: Encoded) -> Encoded:
    return Encoded(*(np.concatenate(pair) for pair in zip(first[:2], second[:2], strict=True)), {})


@pytest.mark.parametrize("n_rows", [50, 5000])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_share_seen__a_mixture__is_estimated(rng: np.random.Generator, n_rows: int, share: float) -> None:
    table, other = encoded(rng, n_rows), encoded(rng, n_rows)
    n_known = round(share * n_rows)
    mixture = joined(rows(table, slice(n_known)), rows(other, slice(n_rows - n_known)))

    assert RowSketch.of(table).share_seen(mixture) == pytest.approx(share, abs=0.07)


def test_share_seen__order_and_repetition__do_not_matter_to_the_sketch(rng: np.random.Generator) -> None:
    table = encoded(rng, 800)
    mixed = rows(table, rng.permutation(np.repeat(np.arange(800), 2)))

    assert np.array_equal(RowSketch.of(table).hashes, RowSketch.of(mixed).hashes)


def test_share_seen__one_cell_changed__is_another_row(rng: np.random.Generator) -> None:
    table = encoded(rng, 100)
    numbers, codes = table.numbers.copy(), table.codes.copy()
    numbers[:, 1] = np.nextafter(np.nan_to_num(numbers[:, 1]), np.float32(9))
    codes[:, 0] += 1

    sketch = RowSketch.of(table)
    assert sketch.share_seen(Encoded(numbers, table.codes, {})) == 0
    assert sketch.share_seen(Encoded(table.numbers, codes, {})) == 0


def test_share_seen__cells_swapped_between_columns__is_another_row() -> None:
    table = Encoded(np.array([[1.0, 2.0]]), np.array([[3, 4]]), {})

    assert RowSketch.of(table).share_seen(Encoded(np.array([[2.0, 1.0]]), table.codes, {})) == 0
    assert RowSketch.of(table).share_seen(Encoded(table.numbers, np.array([[4, 3]]), {})) == 0


def test_share_seen__equal_numbers_of_different_bits__are_equal() -> None:
    table = Encoded(np.array([[0.0, np.nan]]), np.empty((1, 0), np.int64), {})
    payload = np.array([0x7FF8_0000_0000_0123], dtype=np.uint64).view(np.float64)[0]
    other = Encoded(np.array([[-0.0, payload]]), np.empty((1, 0), np.int64), {})

    assert RowSketch.of(table).share_seen(other) == 1


def test_sketch__size__is_bounded(rng: np.random.Generator) -> None:
    assert len(RowSketch.of(encoded(rng, 10)).hashes) == 10
    assert len(RowSketch.of(encoded(rng, 5000)).hashes) == SKETCH_SIZE


def test_share_seen__nothing_to_compare__is_zero(rng: np.random.Generator) -> None:
    table = encoded(rng, 20)

    assert RowSketch.of(table).share_seen(rows(table, slice(0))) == 0
    assert RowSketch.of(rows(table, slice(0))).share_seen(table) == 0


def test_sketch__rows_hashed_in_blocks__are_the_same(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = encoded(rng, 50)
    whole = RowSketch.of(table)
    monkeypatch.setattr("netable.model.row_sketch.BLOCK_ROWS", 7)

    np.testing.assert_array_equal(RowSketch.of(table).hashes, whole.hashes)


def test_sketch__hashes__are_spread_evenly(rng: np.random.Generator) -> None:
    hashes = RowSketch.of(encoded(rng, SKETCH_SIZE)).hashes
    shares = hashes / 2**64

    assert np.abs(np.sort(shares) - (np.arange(SKETCH_SIZE) + 0.5) / SKETCH_SIZE).max() < 0.08

from __future__ import annotations

import numpy as np

from netable.fit.evidence.terms import Term, by_t, in_turn, leading, singles


def test_term__division_by_zero__is_missing() -> None:
    ratio = Term((0, 1), (1.0, -1.0)).of(np.array([[6.0, 3.0], [1.0, 0.0]]))

    assert ratio[0] == 2.0
    assert np.isnan(ratio[1])


def test_term__in_words__is_a_product_over_a_product() -> None:
    assert Term((1, 0, 2), (2.0, -1.0, 1.0)).written(["a", "b", "c"]) == "'b'^2 × 'c' / 'a'"
    assert Term((0,), (-0.5,)).written(["a"]) == "1 / 'a'^0.5"


def test_by_t__column_that_follows_from_others__is_left_out(rng: np.random.Generator) -> None:
    x = rng.normal(size=(300, 4))
    x[:, 3] = x[:, 0] + x[:, 1]
    order = by_t(singles(range(4)), x, x[:, [2]] + 0.1 * rng.normal(size=(300, 1)))

    assert len(order) == 3
    assert order[0] == 2


def test_leading__small_difference_or_product__comes_first(rng: np.random.Generator) -> None:
    x = rng.normal(size=(500, 12))
    x[:, 4] = 1000 * x[:, 3] + rng.normal(size=500)
    x[:, 3] *= 1000
    late = (x[:, 4] > x[:, 3]).astype(np.float64)
    large = (np.abs(x[:, 7] * x[:, 8]) > 0.5).astype(np.float64)

    assert set(leading(x, late[:, None])[:4]) >= {3, 4}
    assert set(leading(x, large[:, None])[:4]) >= {7, 8}


def test_leading__no_columns__is_empty() -> None:
    assert leading(np.empty((50, 0)), np.zeros((50, 1))) == []


def test_in_turn__orders_of_different_lengths__has_each_once() -> None:
    assert in_turn([3, 1, 2], [1]) == [3, 1, 2]

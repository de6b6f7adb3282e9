from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.fit.members import blend
from netable.fit.members.blend import SELECTIONS, blend_out_of_fold, blend_weights


def squares(y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda outcome: ((outcome - y) ** 2).mean(-1)


def squares_of_rows(y: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda outcome, rows: ((outcome - y[rows]) ** 2).mean(-1)


def test_blend_weights__perfect_prediction__gets_everything(rng: np.random.Generator) -> None:
    y = rng.normal(size=(50, 2))
    outcomes = np.stack([y + rng.normal(size=y.shape), y, y - 0.1])

    assert blend_weights(outcomes, squares(y), np.ones(50)).tolist() == [0, 1, 0]


def test_blend_weights__errors_that_cancel__get_half_each(rng: np.random.Generator) -> None:
    y = rng.normal(size=(50, 1))
    outcomes = np.stack([y + 1, y + 3, y - 1])

    assert blend_weights(outcomes, squares(y), np.ones(50)).tolist() == [0.5, 0, 0.5]


@given(
    seed=st.integers(0, 9999), predictions=st.integers(1, 5), rows=st.integers(1, 20), width=st.integers(1, 3)
)
def test_blend_weights__any_predictions__are_never_worse_than_the_best_of_them(
    seed: int, predictions: int, rows: int, width: int
) -> None:
    rng = np.random.default_rng(seed)
    y, weight = rng.normal(size=(rows, width)), rng.integers(0, 3, rows).astype(float)
    outcomes = y + rng.normal(size=(predictions, rows, width)) * rng.random((predictions, 1, 1))
    loss = squares(y)

    weights = blend_weights(outcomes, loss, weight)

    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0
    mixture = weight @ loss(np.einsum("p,prw->rw", weights, outcomes))
    if weight.any():
        assert mixture <= min(weight @ loss(outcome) for outcome in outcomes) + 1e-12


def test_blend_weights__rows__count_by_their_weights() -> None:
    y = np.zeros((4, 1))
    outcomes = np.array([[0.0, 0.0, 5.0, 5.0], [5.0, 5.0, 0.0, 0.0]])[..., None]
    loss = squares(y)

    assert blend_weights(outcomes, loss, np.array([1.0, 1.0, 0.0, 0.0])).tolist() == [1, 0]
    assert blend_weights(outcomes, loss, np.array([0.0, 0.0, 2.0, 0.5])).tolist() == [0, 1]
    # Half of the squares' weighted mean is least at w = 3/4.
    assert blend_weights(outcomes, loss, np.array([3.0, 0.0, 1.0, 0.0])).tolist() == [0.75, 0.25]


def test_blend_weights__weights__are_multiples_of_one_round(rng: np.random.Generator) -> None:
    y = rng.normal(size=(30, 1))
    weights = blend_weights(y + rng.normal(size=(3, 30, 1)), squares(y), np.ones(30))

    np.testing.assert_allclose(weights * SELECTIONS, np.round(weights * SELECTIONS))
    assert np.count_nonzero(weights) > 1


@pytest.mark.parametrize("row_weight", [np.zeros(3), np.zeros(0)])
def test_blend_weights__nothing_to_tell_by__are_equal(row_weight: np.ndarray) -> None:
    y = np.zeros((len(row_weight), 1))
    outcomes = np.ones((4, *y.shape))

    assert blend_weights(outcomes, squares(y), row_weight).tolist() == [0.25] * 4


def test_blend_out_of_fold__perfect_on_one_fold_only__does_not_profit_there(rng: np.random.Generator) -> None:
    y, fold = rng.normal(size=(60, 1)), np.arange(60) % 3
    modest = y + 0.5
    # Perfect where fold 0 was held out, far off elsewhere.
    planted = np.where(fold[:, None] == 0, y, y + 50)

    outcome = blend_out_of_fold(np.stack([modest, planted]), squares_of_rows(y), np.ones(60), fold).outcome

    # Folds 1 and 2, in which it is far off, choose for fold 0.
    np.testing.assert_allclose(outcome[fold == 0], modest[fold == 0])


@pytest.mark.parametrize("part", [0, 1, 2])
def test_blend_out_of_fold__targets_of_a_fold__do_not_touch_its_outcome(
    part: int, rng: np.random.Generator
) -> None:
    y, fold = rng.normal(size=(60, 1)), np.arange(60) % 3
    outcomes = y + rng.normal(size=(3, 60, 1))
    changed = np.where(fold[:, None] == part, rng.normal(size=y.shape) * 9, y)

    mixed, others = (
        blend_out_of_fold(outcomes, squares_of_rows(target), np.ones(60), fold).outcome
        for target in (y, changed)
    )

    assert np.array_equal(mixed[fold == part], others[fold == part])
    assert not np.array_equal(mixed[fold != part], others[fold != part])


def test_blend_out_of_fold__each_fold__is_blended_by_what_the_others_choose(rng: np.random.Generator) -> None:
    y, fold, weight = rng.normal(size=(40, 2)), rng.integers(0, 3, 40), rng.random(40)
    outcomes = y + rng.normal(size=(3, 40, 2))

    weights, outcome, _ = blend_out_of_fold(outcomes, squares_of_rows(y), weight, fold)

    assert weights.tolist() == blend_weights(outcomes, squares(y), weight).tolist()
    for part in range(3):
        others, own = fold != part, fold == part
        chosen = blend_weights(outcomes[:, others], squares(y[others]), weight[others])
        np.testing.assert_allclose(outcome[own], np.einsum("p,prw->rw", chosen, outcomes[:, own]))


def test_blend_out_of_fold__rows_that_were_not_judged__stay_nan_and_tell_nothing(
    rng: np.random.Generator,
) -> None:
    y, fold = rng.normal(size=(30, 1)), np.arange(30) % 2
    outcomes = y + rng.normal(size=(2, 30, 1))
    outcomes[:, :6], fold[:6] = np.nan, -1

    weights, outcome, _ = blend_out_of_fold(outcomes, squares_of_rows(y), np.ones(30), fold)
    fewer = blend_out_of_fold(outcomes[:, 6:], squares_of_rows(y[6:]), np.ones(24), fold[6:])

    assert np.isnan(outcome[:6]).all()
    assert np.array_equal(weights, fewer[0])
    assert np.array_equal(outcome[6:], fewer[1])


def test_blend_out_of_fold__nothing_judged__weighs_all_the_same() -> None:
    outcomes = np.full((4, 9, 1), np.nan)

    weights, outcome, _ = blend_out_of_fold(
        outcomes, squares_of_rows(np.zeros((9, 1))), np.ones(9), np.full(9, -1)
    )

    assert weights.tolist() == [0.25] * 4
    assert np.isnan(outcome).all()


def test_blend_out_of_fold__one_prediction__is_the_outcome(rng: np.random.Generator) -> None:
    outcomes = rng.normal(size=(1, 9, 1))

    weights, outcome, _ = blend_out_of_fold(
        outcomes, squares_of_rows(np.zeros((9, 1))), np.ones(9), np.arange(9) % 2
    )

    assert weights.tolist() == [1]
    assert np.array_equal(outcome, outcomes[0])
    assert not np.shares_memory(outcome, outcomes)


@pytest.mark.parametrize("rows", [10, 11, 19, 20, 45])
def test_blend_out_of_fold__many_rows__looks_at_a_share_of_them(
    rows: int, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blend, "ROWS", 10)
    y, seen = rng.normal(size=(rows, 1)), set()

    def loss(outcome: np.ndarray, rows: np.ndarray) -> np.ndarray:
        seen.update(rows.tolist())
        return ((outcome - y[rows]) ** 2).mean(-1)

    outcome = blend_out_of_fold(
        y + rng.normal(size=(2, rows, 1)), loss, np.ones(rows), np.arange(rows) % 3
    ).outcome

    assert 5 <= len(seen) <= 10
    assert np.isfinite(outcome).all()


def test_blend_out_of_fold__without_what_no_blend_uses__is_the_same(rng: np.random.Generator) -> None:
    y, fold = rng.normal(size=(60, 1)), np.arange(60) % 3
    outcomes = y + np.linspace(0.5, 2, 12)[:, None, None] * rng.normal(size=(12, 60, 1))

    whole = blend_out_of_fold(outcomes, squares_of_rows(y), np.ones(60), fold)
    used = blend_out_of_fold(outcomes[whole.used], squares_of_rows(y), np.ones(60), fold)

    assert 1 < whole.used.sum() < 12
    assert used.used.all()
    assert np.array_equal(whole.weights[whole.used], used.weights)
    assert whole.weights[~whole.used].sum() == 0
    np.testing.assert_allclose(whole.outcome, used.outcome, rtol=1e-12)


def test_blend_out_of_fold__in_order__no_later_fold_chooses() -> None:
    y = np.arange(30.0).reshape(-1, 1)
    fold = np.repeat([0, 1, 2], 10)
    # The first prediction is right in the first fold only, the second in the two later ones.
    late = np.where(fold[:, None] == 0, y, y + 5)
    early = np.where(fold[:, None] == 0, y + 5, y)

    def loss(outcome: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return ((outcome - y[rows]) ** 2).mean(-1)

    mixed = blend_out_of_fold(np.stack([late, early]), loss, np.ones(30), fold, in_order=True).outcome

    assert mixed[fold == 0] == pytest.approx(y[fold == 0] + 2.5)  # nothing came before: both count the same
    assert mixed[fold == 1] == pytest.approx(y[fold == 1] + 5)  # the first fold chose what was right there

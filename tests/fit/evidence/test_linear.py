from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, Ridge

from netable.fit.evidence.linear import (
    PENALTY,
    ROWS_AT_LEAST,
    ROWS_AT_MOST,
    _logistic,
    _ridge,
    linear_out_of_fold,
    rows_learned,
)
from preparing import numbers, prepared


def test_linear_out_of_fold__regression__is_as_good_as_least_squares_on_unseen_rows() -> None:
    own = prepared(numbers())

    outcome = linear_out_of_fold(own)

    for number, held in enumerate(own.plan.held_out):
        train = own.plan.train_rows[number]
        X = np.column_stack([own.rows.encoded.numbers, np.ones(400)]).astype(np.float64)
        solution = np.linalg.lstsq(X[train], own.rows.y[train], rcond=None)[0]
        np.testing.assert_allclose(outcome[held.rows], X[held.rows] @ solution, atol=0.02)


def test_linear_out_of_fold__rows_that_judge__have_no_part_in_it() -> None:
    table = numbers()
    own = prepared(table)
    judged = own.plan.held_out[0].rows
    y = table.column("y").to_numpy().copy()
    y[judged] += 1e6
    other = prepared(table.set_column(2, "y", pa.array(y)))

    before, after = (linear_out_of_fold(each)[judged] for each in (own, other))

    np.testing.assert_array_equal(before, after)


def test_linear_out_of_fold__classes_with_gaps_and_levels__are_probabilities(small_table: pa.Table) -> None:
    own = prepared(small_table.drop_columns(["price", "rooms", "dear"]), target="third")

    outcome = linear_out_of_fold(own)

    assert outcome.shape == (120, 3)
    np.testing.assert_allclose(outcome.sum(1), 1)
    assert (outcome.argmax(1) == own.rows.y).mean() > 0.7


def test_linear_out_of_fold__rows_that_no_part_holds_out__are_missing() -> None:
    own = prepared(numbers(), folds=1)

    outcome = linear_out_of_fold(own)

    part = own.plan.part_of_rows(400)
    assert np.array_equal(np.isnan(outcome[:, 0]), part < 0)


@pytest.mark.parametrize(
    ("n_rows", "n_classes", "n_learned"),
    [
        (300, 0, 300),
        (9_000, 0, ROWS_AT_MOST),
        (9_000, 2, ROWS_AT_MOST),
        (9_000, 5, 2_000),
        (9_000, 90, ROWS_AT_LEAST),
        (80, 90, 80),
    ],
)
def test_rows_learned__many_rows_or_classes__are_a_sample(
    n_rows: int, n_classes: int, n_learned: int
) -> None:
    assert rows_learned(n_rows, n_classes) == n_learned


LOSSES: list[tuple[dict[str, Any], float]] = [
    ({"loss": "mse"}, 0.5),
    ({"loss": "quantile", "quantile": 0.9}, 0.9),
    ({"loss": "mae"}, 0.5),
]


@pytest.mark.parametrize(("settings", "share"), LOSSES)
def test_linear_out_of_fold__losses__predict_what_they_ask_for(
    settings: dict[str, Any], share: float
) -> None:
    own = prepared(numbers(2000), **settings)

    below = own.rows.y <= linear_out_of_fold(own)

    assert below.mean() == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("settings", [{"loss": "poisson"}, {"target_transform": "log"}])
def test_linear_out_of_fold__logarithm__is_learned_and_its_mean_given_back(settings: dict[str, Any]) -> None:
    table = numbers(2000)
    y = np.exp(table.column("y").to_numpy())
    own = prepared(table.set_column(2, "y", pa.array(y)), **settings)

    outcome = linear_out_of_fold(own)

    assert (outcome > 0).all()
    assert np.corrcoef(np.log(outcome[:, 0]), np.log(y))[0, 1] > 0.7
    assert outcome.mean() == pytest.approx(y.mean(), rel=0.05)


@pytest.mark.parametrize("model", ["auto", "linear"])
def test_linear_out_of_fold__same_table__same_bits(model: str) -> None:
    own = prepared(numbers(9000), model=model)

    np.testing.assert_array_equal(linear_out_of_fold(own), linear_out_of_fold(own))


def test_linear_out_of_fold__unit_of_weights__decides_nothing() -> None:
    first, second = (
        linear_out_of_fold(prepared(numbers(), weight=np.linspace(1, 2, 400) * unit)) for unit in (1.0, 1e-6)
    )

    np.testing.assert_allclose(first, second)


@pytest.mark.filterwarnings("ignore::netable.DataWarning")
def test_linear_out_of_fold__numbers_as_large_as_there_are__count_as_others_do() -> None:
    table = numbers(60)
    own = prepared(table)
    # By a power of two, so that nothing is rounded.
    huge = prepared(table.set_column(0, "a", pa.array(table.column("a").to_numpy() * 2.0**1018)))

    np.testing.assert_array_equal(linear_out_of_fold(own), linear_out_of_fold(huge))


def test_linear_out_of_fold__no_columns_that_vary__is_nearly_a_constant() -> None:
    table = pa.table({"a": pa.array(["x"] * 199 + ["y"]), "y": np.arange(200.0)})
    outcome = linear_out_of_fold(prepared(table))

    assert np.isfinite(outcome).all()


@pytest.mark.filterwarnings("ignore:Classes of")
def test_linear_out_of_fold__nearly_as_many_classes_as_rows__is_fitted_in_silence() -> None:
    table = numbers(60, c=[row % 40 + 0.0 for row in range(60)])
    own = prepared(table.drop_columns(["y"]), target="c", task="multiclass")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        linear_out_of_fold(own)


@pytest.mark.parametrize(("n_rows", "n_columns"), [(200, 5), (40, 90)])
def test_ridge__rows_with_weights__is_that_of_scikit_learn(n_rows: int, n_columns: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n_rows, n_columns)), rng.normal(size=(n_rows, 2))
    weight = rng.random(n_rows)

    theirs = Ridge(PENALTY).fit(x, y, sample_weight=weight)

    np.testing.assert_allclose(_ridge(x, y, weight)(x), theirs.predict(x), atol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_logistic__rows_with_weights__is_that_of_scikit_learn(n_classes: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    codes = (x[:, :n_classes] + rng.normal(size=(300, n_classes))).argmax(1)
    weight = rng.random(300)

    theirs = LogisticRegression(max_iter=1000, tol=1e-9).fit(x, codes, sample_weight=weight)

    ours = softmax(_logistic(x, codes, weight, n_classes)(x), 1)
    np.testing.assert_allclose(ours, theirs.predict_proba(x), atol=0.01)

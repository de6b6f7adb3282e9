from __future__ import annotations

import warnings

import numpy as np
import pyarrow as pa
import pytest

from netable.fit.evidence.linear import JUDGED, MOST_FOLDS, fit_linear
from preparing import numbers, prepared

EVERY = np.full(400, True)


def test_fit_linear__regression__is_as_good_as_least_squares_on_unseen_rows() -> None:
    own = prepared(numbers())

    line = fit_linear(own, EVERY, np.random.default_rng(0))

    assert line is not None
    assert line.folds == MOST_FOLDS
    held = own.plan.held_out
    assert line.rows.tolist() == [*held[0].rows.tolist(), *held[1].rows.tolist()]
    train = own.plan.train_rows[0]
    X = np.column_stack([own.rows.encoded.numbers, np.ones(400)]).astype(np.float64)
    solution = np.linalg.lstsq(X[train], own.rows.y[train], rcond=None)[0]
    np.testing.assert_allclose(line.outcome[:100], X[held[0].rows] @ solution, atol=0.02)


def test_fit_linear__rows_that_judge__have_no_part_in_it() -> None:
    table = numbers()
    own = prepared(table)
    judged = own.plan.held_out[0].rows
    y = table.column("y").to_numpy().copy()
    y[judged] += 1e6
    other = prepared(table.set_column(2, "y", pa.array(y)))

    lines = [fit_linear(each, EVERY, np.random.default_rng(0)) for each in (own, other)]

    assert lines[0] is not None
    assert lines[1] is not None
    np.testing.assert_array_equal(lines[0].outcome[:100], lines[1].outcome[:100])


def test_fit_linear__classes_with_gaps_and_levels__are_probabilities(small_table: pa.Table) -> None:
    own = prepared(small_table.drop_columns(["price", "rooms", "dear"]), target="third")

    line = fit_linear(own, np.full(120, True), np.random.default_rng(0))

    assert line is not None
    assert line.outcome.shape == (len(line.rows), 3)
    np.testing.assert_allclose(line.outcome.sum(1), 1)
    right = line.outcome.argmax(1) == own.rows.y[line.rows]
    assert right.mean() > 0.7


def test_fit_linear__enough_rows__stops_at_a_fold() -> None:
    line = fit_linear(prepared(numbers(3000)), np.full(3000, True), np.random.default_rng(0))

    assert line is not None
    assert line.folds == 1
    assert len(line.rows) >= JUDGED
    assert line.learned == 2000


def test_fit_linear__other_losses_or_no_judged_rows__is_none() -> None:
    own = prepared(numbers(), loss="quantile")

    assert fit_linear(own, EVERY, np.random.default_rng(0)) is None
    assert fit_linear(prepared(numbers()), ~EVERY, np.random.default_rng(0)) is None


@pytest.mark.parametrize("model", ["auto", "linear"])
def test_fit_linear__same_seed__same_bits(model: str) -> None:
    own = prepared(numbers(3000), model=model)
    first, second = (fit_linear(own, np.full(3000, True), np.random.default_rng(3)) for _ in range(2))

    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.outcome, second.outcome)


def test_fit_linear__unit_of_weights__decides_nothing() -> None:
    outcomes = []
    for unit in (1.0, 1e-6):
        own = prepared(numbers(), weight=np.linspace(1, 2, 400) * unit)
        line = fit_linear(own, EVERY, np.random.default_rng(0))
        assert line is not None
        outcomes.append(line.outcome)

    np.testing.assert_allclose(*outcomes)


@pytest.mark.filterwarnings("ignore::netable.DataWarning")
def test_fit_linear__numbers_as_large_as_there_are__count_as_others_do() -> None:
    table = numbers(60)
    own = prepared(table)
    # By a power of two, so that nothing is rounded.
    huge = prepared(table.set_column(0, "a", pa.array(table.column("a").to_numpy() * 2.0**1018)))

    lines = [fit_linear(each, np.full(60, True), np.random.default_rng(0)) for each in (own, huge)]

    assert lines[0] is not None
    assert lines[1] is not None
    np.testing.assert_array_equal(lines[0].outcome, lines[1].outcome)


@pytest.mark.filterwarnings("ignore:Classes of")
def test_fit_linear__nearly_as_many_classes_as_rows__is_fitted_in_silence() -> None:
    table = numbers(60, c=[row % 40 + 0.0 for row in range(60)])
    own = prepared(table.drop_columns(["y"]), target="c", task="multiclass")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_linear(own, np.full(60, True), np.random.default_rng(0))

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from netable.config.settings import Settings
from netable.errors import ConfigError, DataError
from netable.explanation import contributions, shapley
from netable.fit.fit import fit
from netable.model.model import Model
from small import QUICK, make_table

FEATURES = ["size", "age", "도시", "garden", "sold"]
# Every set of columns, or orders that are drawn.
each_way = pytest.mark.parametrize("exact_columns", [8, 0])


def column(table: pa.Table, name: str) -> Any:
    return table.column(name).to_numpy()


# Closed forms


@pytest.mark.parametrize("n_columns", [3, 9])
def test_contributions__linear_model__are_coefficient_times_distance_from_the_mean(
    rng: np.random.Generator, n_columns: int
) -> None:
    X = rng.normal(size=(80, n_columns))
    names = [f"x{i}" for i in range(n_columns)]
    y = X @ rng.normal(size=n_columns) + 0.1 * rng.normal(size=80)
    table = pa.table(dict(zip(names, X.T, strict=True)) | {"y": y})
    model = fit(table, Settings(target="y", model="linear", max_epochs=20, folds=2))
    start = model.predict(X[:1])
    step = np.eye(n_columns) * 0.5
    coefficients = np.array([(model.predict(X[:1] + one) - start)[0] / 0.5 for one in step])

    found = contributions(model, table.slice(0, 5), table, max_rows=80)

    assert found.columns == tuple(names)
    np.testing.assert_allclose(found.values[..., 0], coefficients * (X[:5] - X.mean(0)), rtol=1e-3, atol=1e-4)
    spread = np.abs(coefficients) * X.std(0, ddof=1) / np.sqrt(80)
    np.testing.assert_allclose(found.deviation[..., 0], np.tile(spread, (5, 1)), rtol=1e-3, atol=1e-4)


@each_way
def test_contributions__product__is_split_in_halves(known: Any, exact_columns: int) -> None:
    model, table = known(3, lambda x: x[:, 0] * x[:, 1] + 7)
    background = table.slice(0, 20)
    with patch.object(shapley, "EXACT_COLUMNS", exact_columns):
        found = contributions(model, table.slice(30, 1), background)

    a, b = (column(table, name)[30] for name in ("x0", "x1"))
    other_a, other_b = column(background, "x0"), column(background, "x1")
    # In the mean over both orders: half of what a column adds first, half of what it adds last.
    first = np.mean((a - other_a) * other_b + (a - other_a) * b) / 2
    second = np.mean((b - other_b) * other_a + (b - other_b) * a) / 2
    np.testing.assert_allclose(found.values[0, :, 0], [first, second, 0], rtol=1e-5, atol=1e-6)
    assert found.base == pytest.approx(np.mean(other_a * other_b) + 7)


def test_contributions__product_of_three__is_split_in_thirds_and_sampled_close_to_it(known: Any) -> None:
    model, _ = known(3, lambda x: x[:, 0] * x[:, 1] * x[:, 2])
    row = pa.table({f"x{i}": [value] for i, value in enumerate((1.0, 2.0, 3.0))})
    nothing = pa.table({f"x{i}": [0.0] for i in range(3)})

    exact = contributions(model, row, nothing)
    with patch.object(shapley, "EXACT_COLUMNS", 0):
        sampled = contributions(model, row, nothing)

    np.testing.assert_allclose(exact.values[0, :, 0], [2, 2, 2], rtol=1e-6)
    assert not exact.deviation.any()
    np.testing.assert_allclose(sampled.values[0, :, 0], [2, 2, 2], atol=1.5)
    assert sampled.values.sum() == pytest.approx(6)


def test_contributions__sampled__keep_within_their_errors_of_the_exact_ones(known: Any) -> None:
    model, table = known(8, lambda x: np.tanh(x[:, 0] * x[:, 1] * x[:, 2] + x[:, 3:].sum(1)))
    with patch.object(shapley, "EXACT_COLUMNS", 8):
        exact = contributions(model, table.slice(0, 6), table)
    sampled = contributions(model, table.slice(0, 6), table)

    off = np.abs(sampled.values - exact.values)
    assert off.max() > 1e-4
    assert (off < 2.5 * sampled.deviation + 1e-3).all()


# Properties


@given(
    rows=st.lists(st.integers(0, 119), min_size=1, max_size=4),
    background=st.lists(st.integers(0, 119), min_size=1, max_size=12),
    seed=st.integers(0, 9),
    exact_columns=st.sampled_from([0, 6]),
    of_classes=st.booleans(),
)
@how(max_examples=25)
def test_contributions__any_rows_and_background__add_up_to_the_prediction(
    regression_model: Model,
    classifier_model: Model,
    rows: list[int],
    background: list[int],
    seed: int,
    exact_columns: int,
    of_classes: bool,
) -> None:
    model = classifier_model if of_classes else regression_model
    table = make_table().select(FEATURES)
    with patch.object(shapley, "EXACT_COLUMNS", exact_columns):
        found = contributions(model, table.take(rows), table.take(background), seed=seed)

    np.testing.assert_allclose(found.base + found.values.sum(1), found.outcome, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.outcome, model.outcome(table.take(rows)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        found.base, model.outcome(table.take(background)).mean(0), rtol=1e-4, atol=1e-5
    )
    if of_classes:
        np.testing.assert_allclose(found.values.sum(-1), 0, atol=1e-12)


@each_way
def test_contributions__cells_as_in_the_background__add_nothing(
    regression_model: Model, exact_columns: int
) -> None:
    table = make_table().select(FEATURES)
    same = table.set_column(1, "age", pa.array([40.0] * 120))
    with patch.object(shapley, "EXACT_COLUMNS", exact_columns):
        found = contributions(regression_model, same.slice(0, 2), same)

    np.testing.assert_allclose(found.values[:, 1], 0, atol=1e-5)
    assert np.abs(found.values[:, 0]).max() > 1e-4


def test_contributions__columns_left_out__have_none() -> None:
    table = make_table().drop_columns(["rooms", "dear", "third"])
    model = fit(table, Settings(target="price", ignore_columns=("age",), **QUICK))

    assert contributions(model, table.slice(0, 1), table).columns == ("size", "도시", "garden", "sold")


def test_contributions__a_row__does_not_depend_on_the_others(classifier_model: Model) -> None:
    table = make_table().select(FEATURES)
    with patch.object(shapley, "EXACT_COLUMNS", 0):
        alone = contributions(classifier_model, table.slice(7, 1), table)
        among = contributions(classifier_model, table.slice(5, 4), table)

    np.testing.assert_allclose(alone.values[0], among.values[2], atol=1e-6)


def test_contributions__outputs__name_targets_or_classes(
    classifier_model: Model, regression_model: Model
) -> None:
    table = make_table().select(FEATURES)

    assert contributions(classifier_model, table.slice(0, 1), table).outputs == ("no", "yes")
    assert contributions(regression_model, table.slice(0, 1), table).outputs == ("price",)


def test_contributions__same_seed__same_bits_and_another_seed_another_background(
    regression_model: Model,
) -> None:
    table = make_table().select(FEATURES)
    row = table.slice(0, 1)
    first = contributions(regression_model, row, table, max_rows=10)

    assert (contributions(regression_model, row, table, max_rows=10).values == first.values).all()
    assert contributions(regression_model, row, table, max_rows=10, seed=1).base != first.base


def test_contributions__no_rows__are_none_and_no_background_is_refused(regression_model: Model) -> None:
    table = make_table().select(FEATURES)

    assert contributions(regression_model, table.slice(0, 0), table).values.shape == (0, 5, 1)
    with pytest.raises(DataError, match=r"^The background has 0 rows; there is nothing to compare with\.$"):
        contributions(regression_model, table, table.slice(0, 0))
    with pytest.raises(ConfigError, match=r"^max_rows must be an integer of at least 1; got 0\.$"):
        contributions(regression_model, table, table, max_rows=0)


def test_contributions__one_column__has_it_all() -> None:
    table = make_table().select(["age", "price"])
    model = fit(table, Settings(target="price", **QUICK))
    for exact_columns in (6, 0):
        with patch.object(shapley, "EXACT_COLUMNS", exact_columns):
            found = contributions(model, table.slice(0, 3), table)
        np.testing.assert_allclose(found.values[:, 0], found.outcome - found.base, rtol=1e-9)

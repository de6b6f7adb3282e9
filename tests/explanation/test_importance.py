from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.inspection import permutation_importance as by_scikit_learn

from netable import NetClassifier, NetRegressor
from netable.config.settings import Settings
from netable.errors import ConfigError, DataError, DataWarning, SchemaError
from netable.explanation import Importance, permutation_importance
from netable.fit.fit import fit
from netable.model.model import Model
from small import QUICK, make_table

FEATURES = ["size", "age", "도시", "garden", "sold"]


@pytest.fixture
def fresh() -> pa.Table:
    """Rows that the models have not learned from, with all targets."""
    return make_table(500).slice(120)


def by_name(found: list[Importance]) -> dict[str, Importance]:
    return {importance.name: importance for importance in found}


# Against the same done with the table itself


@pytest.mark.parametrize("target", ["price", "dear"])
def test_importance__encoded_once__equals_shuffling_the_columns_of_the_table(
    regression_model: Model, classifier_model: Model, fresh: pa.Table, target: str
) -> None:
    model = regression_model if target == "price" else classifier_model
    table = fresh.select([*FEATURES, target])
    found = by_name(permutation_importance(model, table, repeats=2, seed=5))
    rng = np.random.default_rng([5, 1])
    orders = [rng.permutation(380) for _ in range(2)]
    first = model.evaluate(table)["metrics"]

    metric = "rmse" if target == "price" else "log_loss"
    for place, name in enumerate(FEATURES):
        shuffled = [
            model.evaluate(table.set_column(place, name, table.column(name).take(order)))["metrics"]
            for order in orders
        ]
        rise = np.mean([metrics[metric] - first[metric] for metrics in shuffled])
        assert found[name].metric == pytest.approx(rise, rel=1e-3, abs=1e-6)
        if target == "price":  # units of the variance
            rise = np.mean([first["r2"] - metrics["r2"] for metrics in shuffled])
        assert found[name].mean == pytest.approx(rise, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("estimator", [NetRegressor, NetClassifier])
def test_importance__many_repeats__agrees_with_scikit_learn(
    estimator: Callable[..., Any], rng: np.random.Generator
) -> None:
    X = rng.normal(size=(300, 3))
    y = 2 * X[:, 0] + X[:, 1] + 0.3 * rng.normal(size=300)
    if estimator is NetClassifier:
        y = (y > 0).astype(int)
    net = estimator(model="linear", max_epochs=8, folds=2).fit(X[:150], y[:150])
    scoring = "neg_log_loss" if estimator is NetClassifier else "neg_mean_squared_error"
    unit = 1.0 if estimator is NetClassifier else y[150:].var()

    theirs = by_scikit_learn(net, X[150:], y[150:], scoring=scoring, n_repeats=40, random_state=0)
    ours = by_name(net.explain(X[150:], y[150:]).importance(repeats=40))

    noise = theirs.importances_std / unit / np.sqrt(40)
    for i in range(3):
        assert ours[f"x{i}"].mean == pytest.approx(theirs.importances_mean[i] / unit, abs=6 * noise[i] + 1e-4)


# By hand


def test_importance__of_a_known_sum__is_twice_the_share_of_variance(known: Any) -> None:
    model, table = known(3, lambda x: x @ [2.0, 1.0, 0.0])
    y = table.column("x0").to_numpy() * 2 + table.column("x1").to_numpy()
    table = table.set_column(3, "y", pa.array(y))

    found = permutation_importance(model, table, repeats=200, weight=np.ones(60), max_rows=60)

    assert [importance.name for importance in found] == ["x0", "x1", "x2"]
    shares = [
        8 * table.column("x0").to_numpy().var() / y.var(),
        2 * table.column("x1").to_numpy().var() / y.var(),
    ]
    assert [found[0].mean, found[1].mean] == pytest.approx(shares, rel=0.05)
    assert (found[2].mean, found[2].deviation, found[2].metric) == (0, 0, 0)


def test_importance__deviation__tells_how_far_other_rows_would_lead(known: Any) -> None:
    model, _ = known(3, lambda x: x.sum(1))
    rng = np.random.default_rng(0)
    found = []
    for _ in range(200):
        X = rng.normal(size=(40, 3))
        rows = pa.table({f"x{i}": x for i, x in enumerate(X.T)} | {"y": X.sum(1) + rng.normal(size=40)})
        found.append(
            by_name(permutation_importance(model, rows, repeats=4, seed=int(rng.integers(99))))["x0"]
        )

    spread = np.std([importance.mean for importance in found])
    assert np.mean([importance.deviation for importance in found]) == pytest.approx(spread, rel=0.35)


def test_importance__column_constant_in_these_rows__is_nothing(
    regression_model: Model, fresh: pa.Table
) -> None:
    table = fresh.set_column(fresh.column_names.index("size"), "size", pa.array([0.5] * 380))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        found = by_name(permutation_importance(regression_model, table))

    assert abs(found["size"].mean) < 1e-7
    assert found["age"].mean != 0


def test_importance__columns_left_out__are_not_there(fresh: pa.Table) -> None:
    table = make_table().drop_columns(["rooms", "dear", "third"])
    model = fit(table, Settings(target="price", ignore_columns=("age",), **QUICK))

    names = {
        importance.name for importance in permutation_importance(model, fresh.select([*FEATURES, "price"]))
    }

    assert names == set(FEATURES) - {"age"}


def test_importance__weights__count_rows_and_leave_out_those_of_none(
    regression_model: Model, fresh: pa.Table
) -> None:
    table = fresh.select([*FEATURES, "price"])
    half = np.repeat([1.0, 0.0], 190)

    weighted = permutation_importance(regression_model, table, weight=half)

    assert weighted == permutation_importance(regression_model, table.slice(0, 190))
    uneven = permutation_importance(regression_model, table, weight=np.linspace(0.1, 2, 380))
    assert uneven != permutation_importance(regression_model, table)


def test_importance__weight_column__is_taken_from_the_table() -> None:
    table = make_table(300).select(["size", "age", "price"])
    weight = np.random.default_rng(0).uniform(0.1, 3, 300)
    weighted = table.append_column("w", pa.array(weight))
    model = fit(weighted.slice(0, 120), Settings(target="price", weight_column="w", **QUICK))

    found = permutation_importance(model, weighted.slice(120))

    assert found == permutation_importance(model, table.slice(120), weight=weight[120:])


# Rows and members


def test_importance__same_seed__same_bits_and_another_seed_others(
    regression_model: Model, fresh: pa.Table
) -> None:
    table = fresh.select([*FEATURES, "price"])
    first = permutation_importance(regression_model, table, max_rows=50)

    assert permutation_importance(regression_model, table, max_rows=50) == first
    assert permutation_importance(regression_model, table, max_rows=50, seed=1) != first


def test_importance__fold__only_unseen_members_judge(regression_model: Model) -> None:
    rows = regression_model.learned_from
    assert rows is not None
    honest = by_name(permutation_importance(regression_model, rows.judged, fold=rows.unseen_by))
    other = by_name(permutation_importance(regression_model, rows.judged, fold=1 - rows.unseen_by))

    assert honest["size"] != other["size"]


def test_importance__rows_that_all_have_seen__are_left_out(regression_model: Model) -> None:
    rows = regression_model.learned_from
    assert rows is not None
    fold = np.where(np.arange(120) < 70, rows.unseen_by, -1)

    found = permutation_importance(regression_model, rows.judged, fold=fold)

    assert found == permutation_importance(regression_model, rows.judged.slice(0, 70), fold=fold[:70])


def test_importance__rows_of_the_training_without_fold__warns(regression_model: Model) -> None:
    rows = regression_model.learned_from
    assert rows is not None
    with pytest.warns(DataWarning, match=r"^About 100% of these rows equal rows that the model learned from"):
        permutation_importance(regression_model, rows.judged, repeats=1)


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        (
            [-1] * 380,
            r"^No row is left to judge: there is none of a weight above 0 that a member has not learned",
        ),
        ([0] * 379, r"^fold must hold one whole number for each of 380 rows; got int64 \(379,\)\.$"),
        ([0.0] * 380, r"^fold must hold one whole number for each of 380 rows; got float64 \(380,\)\.$"),
        ([2] * 380, r"^fold must be from -1 to 1, a member of the model; got 2 to 2\.$"),
    ],
)
def test_importance__fold_that_cannot_be__is_refused(
    regression_model: Model, fresh: pa.Table, fold: list[float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        permutation_importance(regression_model, fresh, fold=np.array(fold))


def test_importance__what_cannot_be_measured__is_refused(regression_model: Model, fresh: pa.Table) -> None:
    with pytest.raises(SchemaError, match=r"^The target column 'price' is not in the table\."):
        permutation_importance(regression_model, fresh.select(FEATURES))
    with pytest.raises(DataError, match=r"^The table has 0 rows; there is nothing to measure\.$"):
        permutation_importance(regression_model, fresh.slice(0, 0))
    with pytest.raises(ConfigError, match=r"^repeats must be an integer of at least 1; got 0\.$"):
        permutation_importance(regression_model, fresh, repeats=0)
    with pytest.raises(ConfigError, match=r"^max_rows must be an integer of at least 1; got 0\.$"):
        permutation_importance(regression_model, fresh, max_rows=0)


def test_importance__some_columns__are_measured_as_among_all(
    regression_model: Model, fresh: pa.Table
) -> None:
    table = fresh.select([*FEATURES, "price"])
    every = permutation_importance(regression_model, table, repeats=2)
    some = permutation_importance(regression_model, table, repeats=2, columns=["age", "size"])

    assert some == [each for each in every if each.name in ("age", "size")]

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.inspection import partial_dependence as by_scikit_learn

from netable import NetRegressor
from netable.explanation import partial_dependence
from netable.model.model import Model
from small import make_table


def test_dependence__known_function__is_its_mean_over_the_other_column(known: Any) -> None:
    model, table = known(2, lambda x: x[:, 0] ** 2 * x[:, 1] + x[:, 1])
    found = partial_dependence(model, table, "x0", points=9)
    mean = table.column("x1").to_numpy().mean()

    np.testing.assert_allclose(found.outcome[:, 0], np.square(found.values) * mean + mean, rtol=1e-5)
    assert (found.name, found.kind, found.curves) == ("x0", "number", None)


def test_dependence__single_rows__are_kept_if_asked_for(known: Any) -> None:
    model, table = known(2, lambda x: x[:, 0] * x[:, 1])
    found = partial_dependence(model, table, "x0", points=9, curves=True)

    assert found.curves is not None
    expected = table.column("x1").to_numpy()[:, None] * np.array(found.values)
    np.testing.assert_allclose(found.curves[..., 0], expected, rtol=1e-5)
    np.testing.assert_allclose(found.curves.mean(0), found.outcome, rtol=1e-6)


def test_dependence__same_values_and_rows__equals_scikit_learn(rng: np.random.Generator) -> None:
    X = pd.DataFrame(rng.normal(size=(150, 3)), columns=["a", "b", "c"])
    net = NetRegressor(max_epochs=3, folds=2, hidden_layer_sizes=(8,), embedding="none")
    net.fit(X, X["a"] * X["b"] + np.sin(X["c"]))

    ours = net.explain(X).dependence("a", points=8, curves=True)
    theirs = by_scikit_learn(net, X, ["a"], kind="both", custom_values={"a": np.array(ours.values)})

    np.testing.assert_allclose(ours.outcome[:, 0], theirs["average"][0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(ours.curves[..., 0], theirs["individual"][0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["도시", "garden", "sold"])
def test_dependence__every_kind_of_column__equals_setting_it_in_the_table(
    classifier_model: Model, name: str
) -> None:
    table = make_table().select(["size", "age", "도시", "garden", "sold"])
    found = partial_dependence(classifier_model, table, name, points=4)
    place, kind = table.column_names.index(name), table.schema.field(name).type

    for value, outcome in zip(found.values, found.outcome, strict=True):
        column = pa.array([value] * 120, pa.date32() if name == "sold" else kind).cast(kind)
        changed = classifier_model.outcome(table.set_column(place, name, column))
        np.testing.assert_allclose(outcome, changed.mean(0), rtol=1e-4, atol=1e-6)


def test_dependence__fewer_rows__are_a_seeded_sample(regression_model: Model) -> None:
    table = make_table()
    first = partial_dependence(
        regression_model, table.drop_columns(["rooms", "dear", "third"]), "size", max_rows=20
    )
    again = partial_dependence(
        regression_model, table.drop_columns(["rooms", "dear", "third"]), "size", max_rows=20
    )
    other = partial_dependence(
        regression_model, table.drop_columns(["rooms", "dear", "third"]), "size", max_rows=20, seed=1
    )

    assert (first.outcome == again.outcome).all()
    assert (first.outcome != other.outcome).any()
    assert first.values == other.values

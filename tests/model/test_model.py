from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grouped import grouped_table
from grown import grown_model
from netable.config.settings import Settings
from netable.errors import ConfigError, DataError, DataWarning, SchemaError
from netable.estimators.estimators import NetRegressor
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.model.model import Model
from netable.model.move import move
from netable.nn import InputStatistics
from netable.nn.build import build_net
from netable.system.wording import number
from small import QUICK, make_table

FEATURES = ["size", "age", "도시", "garden", "sold"]


@pytest.fixture
def features() -> pa.Table:
    return make_table().select(FEATURES)


# Rows


@given(st.lists(st.integers(0, 119), min_size=1, max_size=50))
def test_outcome__any_rows_in_any_order__are_predicted_as_in_the_whole(
    regression_model: Model, rows: list[int]
) -> None:
    table = make_table().select(FEATURES)
    whole = regression_model.outcome(table)

    np.testing.assert_allclose(regression_model.outcome(table.take(rows)), whole[rows], rtol=1e-4, atol=1e-5)


@pytest.mark.bad_input(71)
def test_predict__no_rows__gives_none(
    regression_model: Model, classifier_model: Model, features: pa.Table
) -> None:
    empty = features.slice(0, 0)

    assert regression_model.predict(empty).shape == (0,)
    assert classifier_model.predict(empty).shape == (0,)
    assert classifier_model.predict_proba(empty).shape == (0, 2)
    assert classifier_model.predict_table(empty).num_rows == 0
    assert regression_model.predict(pd.DataFrame({name: [] for name in FEATURES})).shape == (0,)


def test_predict__no_rows_for_trees__gives_none() -> None:
    model = grown_model()
    empty = grouped_table().select([column.name for column in model.schema.columns]).slice(0, 0)

    assert model.predict(empty).shape == (0,)


def test_predict__classes__are_the_most_probable(classifier_model: Model, features: pa.Table) -> None:
    proba = classifier_model.predict_proba(features)

    np.testing.assert_allclose(proba.sum(1), 1, rtol=1e-6)
    assert (classifier_model.predict(features) == np.array(["no", "yes"])[proba.argmax(1)]).all()
    assert classifier_model.labels.tolist() == ["no", "yes"]


def test_predict_proba__regression__is_refused(regression_model: Model, features: pa.Table) -> None:
    with pytest.raises(ConfigError, match=r"^A regression has no class probabilities; use predict\.$"):
        regression_model.predict_proba(features)


def test_predict_table__classes_or_numbers__has_their_columns(
    classifier_model: Model, regression_model: Model, features: pa.Table
) -> None:
    predictions = classifier_model.predict_table(features)

    assert predictions.column_names == ["prediction", "proba_no", "proba_yes"]
    assert regression_model.predict_table(features).column_names == ["prediction"]


def test_outcome__members__are_averaged(regression_model: Model, features: pa.Table) -> None:
    encoded = regression_model.encode(features)
    with torch.no_grad():
        each = regression_model.objective.predict(
            regression_model.net(torch.from_numpy(encoded.numbers), torch.from_numpy(encoded.codes))
        )

    assert each.shape == (2, 120, 1)
    np.testing.assert_allclose(
        regression_model.outcome(features)[:, 0], each.mean(0)[:, 0].numpy(), rtol=1e-5
    )


def test_outcome__source__is_not_changed_and_global_generators_do_not_move(regression_model: Model) -> None:
    frame = make_table().select(FEATURES).to_pandas()
    copy, state = frame.copy(deep=True), torch.get_rng_state()
    regression_model.predict(frame)

    pd.testing.assert_frame_equal(frame, copy)
    assert torch.equal(torch.get_rng_state(), state)


# Columns


@pytest.mark.bad_input(67)
def test_predict__columns_in_another_order__are_found_by_name(
    regression_model: Model, features: pa.Table
) -> None:
    turned = features.select(FEATURES[::-1])

    assert (regression_model.predict(turned) == regression_model.predict(features)).all()


@pytest.mark.bad_input(65)
def test_predict__missing_columns__are_listed(regression_model: Model, features: pa.Table) -> None:
    renamed = features.rename_columns(["siz", *FEATURES[1:]])
    message = r"^The column 'size' is not in the table\. Did you mean 'siz'\?$"
    with pytest.raises(SchemaError, match=message):
        regression_model.predict(renamed)
    message = r"^The table lacks 2 columns that are needed: 'size', 'garden'\.$"
    with pytest.raises(SchemaError, match=message):
        regression_model.predict(features.drop_columns(["size", "garden"]))


@pytest.mark.bad_input(66)
def test_predict__extra_columns__are_ignored_with_a_warning(
    regression_model: Model, features: pa.Table
) -> None:
    more = features.append_column("new", pa.array(np.ones(120)))
    with pytest.warns(DataWarning, match=r"^Columns that the model does not know are ignored: 'new'\.$"):
        predicted = regression_model.predict(more)

    assert (predicted == regression_model.predict(features)).all()


@pytest.mark.bad_input(70)
def test_predict__with_or_without_the_target__is_the_same(regression_model: Model) -> None:
    table = make_table().drop_columns(["rooms", "dear", "third"])

    assert (regression_model.predict(table) == regression_model.predict(table.drop_columns("price"))).all()


def test_predict__columns_of_the_rows__are_known_and_not_needed() -> None:
    table = make_table().select(["size", "age", "price"])
    table = table.append_column("w", pa.array(np.ones(120))).append_column(
        "g", pa.array(np.arange(120) % 9.0)
    )
    config = Settings(target="price", weight_column="w", group_column="g", ignore_columns=("age",), **QUICK)
    model = fit(table, config)

    assert (model.predict(table) == model.predict(table.select(["size"]))).all()


@pytest.mark.bad_input(68)
def test_predict__category_never_seen__is_finite_and_counted(
    regression_model: Model, features: pa.Table
) -> None:
    place = FEATURES.index("도시")
    new = features.set_column(place, "도시", pa.array(["Atlantis"] * 120))

    with pytest.warns(DataWarning, match=r"^Levels never seen in training, in cells: '도시' \(120\)\.$"):
        assert np.isfinite(regression_model.predict(new)).all()


@pytest.mark.bad_input(73)
def test_predict__number_far_outside_the_training_range__warns(
    regression_model: Model, features: pa.Table
) -> None:
    sizes = features.column("size").to_numpy().copy()
    width = np.nanmax(sizes) - np.nanmin(sizes)
    place = FEATURES.index("size")

    sizes[0] = np.nanmax(sizes) + 0.9 * width
    regression_model.predict(features.set_column(place, "size", pa.array(sizes, from_pandas=True)))
    sizes[:2] = np.nanmin(sizes) - 1.1 * width - 10 * abs(sizes[0])
    with pytest.warns(DataWarning, match=r"^Farther outside the range of .*: 'size' \(2\)\.$"):
        regression_model.predict(features.set_column(place, "size", pa.array(sizes, from_pandas=True)))


@pytest.mark.bad_input(69)
@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (
            "size",
            ["big"] * 120,
            r"^the table, row 1, column 'size': expected a number, got 'big'\.$",
        ),
        (
            "sold",
            ["soon"] * 120,
            r"^the table, row 1, column 'sold': expected a date such as 2011-02-01, got 'soon'\.$",
        ),
        (
            "sold",
            np.arange(120.0),
            r"^the table, row 1, column 'sold': expected a date such as 2011-02-01, got '0'\.$",
        ),
    ],
)
def test_predict__values_of_another_kind__are_refused(
    regression_model: Model, features: pa.Table, name: str, values: object, message: str
) -> None:
    changed = features.set_column(FEATURES.index(name), name, pa.array(values))
    with pytest.raises(DataError, match=message):
        regression_model.predict(changed)


def test_predict__numbers_written_as_text__are_read_as_in_training(
    regression_model: Model, features: pa.Table
) -> None:
    text = features.column("age").cast(pa.string())

    changed = features.set_column(1, "age", text)
    np.testing.assert_allclose(
        regression_model.predict(changed), regression_model.predict(features), rtol=1e-5
    )


@pytest.mark.bad_input(24)
def test_predict__infinite_number__is_refused(regression_model: Model, features: pa.Table) -> None:
    bad = features.set_column(1, "age", pa.array([np.inf, *[30.0] * 119]))
    with pytest.raises(
        DataError, match=r"^Column 'age' is infinite in 1 of 120 rows: row 1 \(counted from 1\)"
    ):
        regression_model.predict(bad)


# Evaluation


def test_evaluate__fresh_rows__gives_the_figures(regression_model: Model) -> None:
    fresh = make_table(300).slice(120).drop_columns(["rooms", "dear", "third"])
    evaluation = regression_model.evaluate(fresh)
    error = regression_model.predict(fresh) - fresh.column("price").to_numpy()

    assert evaluation["rows"] == 180
    assert evaluation["share_of_rows_seen_in_training"] == 0
    assert evaluation["metrics"]["rmse"] == pytest.approx(np.sqrt((error**2).mean()))


@pytest.mark.bad_input(48)
def test_evaluate__rows_of_the_training__says_so(regression_model: Model) -> None:
    table = make_table().drop_columns(["rooms", "dear", "third"])
    message = r"^About 100% of these rows equal rows that the model learned from; if they are the same ones, "
    with pytest.warns(DataWarning, match=message):
        evaluation = regression_model.evaluate(table)

    assert evaluation["share_of_rows_seen_in_training"] == 1


def test_evaluate__rows_later_than_training__are_said(regression_model: Model) -> None:
    fresh = make_table(300).slice(120).drop_columns(["rooms", "dear", "third"])
    sold = fresh.column("sold").to_numpy() + np.timedelta64(4000, "D")
    later = fresh.set_column(fresh.column_names.index("sold"), "sold", pa.array(sold))
    with pytest.warns(DataWarning) as said:
        evaluation = regression_model.evaluate(later)

    assert evaluation["share_of_rows_beyond_training"] == {"sold": 1.0}
    assert [str(w.message)[:36] for w in said if "later" in str(w.message)] == [
        "100% of these rows are later in 'sol"
    ]
    assert regression_model.evaluate(fresh)["share_of_rows_beyond_training"] == {}


def test_evaluate__new_groups__are_counted_after_loading_too(tmp_path: Path) -> None:
    table = make_table(300).select(["size", "age", "price"])
    groups = pa.array([f"p{row % 30}" for row in range(300)])
    table = table.append_column("patient", groups)
    known = [f"p{group}" in {f"p{i}" for i in range(15)} for group in np.arange(300) % 30]
    model = fit(table.filter(pa.array(known)), Settings(target="price", group_column="patient", **QUICK))
    save(model, tmp_path / "m.netable")

    for one in (model, load(tmp_path / "m.netable")):
        with pytest.warns(DataWarning, match="equal rows that the model learned from"):
            assert one.evaluate(table)["share_of_rows_beyond_training"] == {"patient": 0.5}


def test_evaluate__weights__come_from_the_weight_column_or_are_given() -> None:
    table = make_table(300).select(["size", "age", "price"])
    weight = np.random.default_rng(0).uniform(0.1, 3, 300)
    weighted = table.append_column("w", pa.array(weight))
    model = fit(weighted.slice(0, 120), Settings(target="price", weight_column="w", **QUICK))
    fresh, fresh_weight = weighted.slice(120), weight[120:]
    error = model.predict(fresh) - fresh.column("price").to_numpy()

    rmse = np.sqrt(np.average(error**2, weights=fresh_weight))
    assert model.evaluate(fresh)["metrics"]["rmse"] == pytest.approx(rmse)
    assert model.evaluate(table.slice(120), weight=fresh_weight)["metrics"]["rmse"] == pytest.approx(rmse)
    with pytest.warns(DataWarning, match=r"^Without the weight column 'w', all rows count the same\.$"):
        plain = model.evaluate(table.slice(120))["metrics"]["rmse"]
    assert plain == pytest.approx(np.sqrt((error**2).mean()))


@pytest.mark.bad_input(62)
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (pa.array([None] + [1.0] * 179), r"^The weight is missing in row 1 "),
        (pa.array(["much"] * 180), r"^The weights must be numbers: could not convert string to float"),
    ],
)
def test_evaluate__weight_column_that_cannot_be__is_refused(weight: pa.Array, message: str) -> None:
    table = make_table(300).select(["size", "age", "price"])
    model = fit(
        table.slice(0, 120).append_column("w", pa.array(np.ones(120))),
        Settings(target="price", weight_column="w", **QUICK),
    )
    with pytest.raises(DataError, match=message):
        model.evaluate(table.slice(120).append_column("w", weight))


@pytest.mark.bad_input(56)
def test_evaluate__class_never_learned__is_refused(classifier_model: Model) -> None:
    fresh = make_table(140).slice(120).drop_columns(["rooms", "price", "third"])
    fresh = fresh.set_column(fresh.column_names.index("dear"), "dear", pa.array(["maybe"] * 20))
    message = (
        r"^The target 'dear' holds 'maybe' in row 1 \(counted from 1\), a class that was not in training\."
    )
    with pytest.raises(DataError, match=message):
        classifier_model.evaluate(fresh)


@pytest.mark.bad_input(49)
def test_evaluate__no_target__names_what_there_is(classifier_model: Model, features: pa.Table) -> None:
    with pytest.raises(SchemaError, match=r"^The target column 'dear' is not in the table\."):
        classifier_model.evaluate(features)


def test_evaluate__one_class_only__has_no_ranking_figure(classifier_model: Model) -> None:
    fresh = make_table(400).slice(120).drop_columns(["rooms", "price", "third"])
    fresh = fresh.filter(pa.compute.equal(fresh.column("dear"), "yes"))
    with warnings.catch_warnings():
        evaluation = classifier_model.evaluate(fresh)["metrics"]

    assert evaluation["roc_auc"] is None
    assert np.isfinite(evaluation["log_loss"])


# Networks


def test_build_net__without_a_generator__leaves_the_global_one_alone() -> None:
    state = torch.get_rng_state()
    build_net(
        Settings(
            dropout=0.1,
        ),
        InputStatistics.blank(2, (15,), (1,), (3,), torch.float32),
        1,
    )

    assert torch.equal(torch.get_rng_state(), state)


def test_move__cpu__predicts_the_same(regression_model: Model, features: pa.Table) -> None:
    moved = move(regression_model, "cpu")

    assert (moved.outcome(features) == regression_model.outcome(features)).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_move__cuda__predicts_alike(regression_model: Model, features: pa.Table) -> None:
    cpu = regression_model.outcome(features)
    moved = move(regression_model, "cuda")
    np.testing.assert_allclose(moved.outcome(features), cpu, rtol=1e-3, atol=1e-4)
    move(regression_model, "cpu")


@pytest.mark.bad_input(91)
@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
def test_move__device_that_is_not_here__is_refused(regression_model: Model) -> None:
    with pytest.raises(ConfigError, match=r"^device 'cuda' is not available on this machine;"):
        move(regression_model, "cuda")


def test_outcome__weights_that_overflow__are_an_error_with_the_rows(regression_model: Model) -> None:
    model = copy.deepcopy(regression_model)
    with torch.no_grad():
        for stack in model.net.stacks:
            for linear in stack.body.linears:
                linear.weight.fill_(3e38)
                linear.bias.fill_(3e38)

    message = r"^The model predicts no finite number in rows 1, 2, .*; either these rows are far from all"
    for use in (model.predict, model.predict_table, model.predict_interval):
        with pytest.raises(DataError, match=message):
            use(make_table().drop_columns(["rooms", "dear", "third"]))


def test_model__in_a_notebook__shows_metrics_beside_a_constant_and_verdicts(regression_model: Model) -> None:
    html = regression_model._repr_html_()

    assert "Regression model of price (120 rows, 5 columns, 2 networks)" in html
    assert "&#x27;도시&#x27;" in html
    assert f">{number(regression_model.results['valid']['rmse'])}<" in html
    assert html.endswith(f"{regression_model.diagnose()._repr_html_()}</div>")
    assert "rows" not in replace(regression_model, results={})._repr_html_()


@pytest.mark.parametrize("missing", [False, True])
def test_outcome__array_of_numbers__is_that_of_its_table_without_making_one(
    missing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    model = NetRegressor(hidden_layer_sizes=(4,), max_epochs=2, random_state=0).fit(X, X[:, 0]).model_
    rows = X[:2].copy()
    rows[0, 1] = np.nan if missing else 3.0
    expected = model.outcome_of(model.encode(model.read(rows)))

    monkeypatch.setattr(type(model), "read", None)

    np.testing.assert_array_equal(model.outcome(rows), expected)

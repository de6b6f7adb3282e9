from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression

from netable.config.settings import Settings
from netable.errors import DataError
from netable.fit.fit import fit
from netable.report.judged import judged_in_training, judged_on
from netable.report.recall import recall
from small import QUICK, make_table


def both(rng, n_rows=300, **more):
    size = rng.normal(size=n_rows)
    return pa.table({"size": size, "y": 3 * size + rng.normal(size=n_rows), **more})


@pytest.mark.parametrize(
    "settings", [{}, {"loss": "mae"}, {"folds": 1}, {"time_column": "day"}, {"folds": 5}]
)
def test_judged__constant__has_the_published_figures(rng, settings):
    days = rng.permutation(300).astype("datetime64[D]").astype("datetime64[us]")
    model = fit(both(rng, day=days), Settings(target="y", **(QUICK | settings)))
    judged = judged_in_training(model)

    assert judged.metrics(judged.constant) == pytest.approx(model.results["baseline"])
    assert judged.metrics(judged.outcome) == pytest.approx(model.results["valid"])


def test_judged__classes__constant_and_networks_have_the_published_figures(classifier_model):
    judged = judged_in_training(classifier_model)

    assert judged.metrics(judged.constant) == pytest.approx(classifier_model.results["baseline"])
    assert judged.metrics(judged.outcome) == pytest.approx(classifier_model.results["valid"])


def test_judged__linear_model__is_least_squares_on_the_other_folds(rng):
    table = both(rng, 400)
    judged = judged_in_training(fit(table, Settings(target="y", **QUICK)))
    size, y = (table.column(name).to_numpy() for name in ("size", "y"))

    for number in np.unique(judged.part):
        own = judged.part == number
        model = LinearRegression().fit(size[~own, None], y[~own])
        assert judged.linear[own, 0] == pytest.approx(model.predict(size[own, None]), abs=0.1)


def test_judged__linear_table__gains_nothing_over_a_linear_model(rng):
    judged = judged_in_training(fit(both(rng), Settings(target="y", **QUICK)))

    assert judged.estimates["gain", "linear"].value < 0 < judged.estimates["gain", "linear"].value + 5


def test_judged__linear_model_of_a_logarithm__is_in_the_target_s_units(rng):
    size = rng.normal(size=400)
    table = pa.table({"size": size, "y": np.exp(2 * size + rng.normal(size=400) * 0.1)})
    judged = judged_in_training(fit(table, Settings(target="y", target_transform="log", **QUICK)))

    assert np.corrcoef(np.log(judged.linear[:, 0]), np.log(judged.y[:, 0]))[0, 1] > 0.99


def test_judged__linear_model_with_gaps_and_levels__takes_them(
    regression_model, classifier_model, three_classes
):
    for model in (regression_model, classifier_model, three_classes):
        judged = judged_in_training(model)
        assert np.isfinite(judged.linear).all()
        first = judged.metric
        assert judged.estimates["linear", first].value < judged.estimates["constant", first].value


def test_judged_on__rows_of_no_weight__do_not_count(regression_model):
    table = make_table(50).drop_columns(["rooms", "dear", "third"])
    judged = judged_on(regression_model, table, np.arange(50.0))

    assert len(judged.y) == len(judged.table) == 49
    assert judged.row[0] == 1
    assert judged.member.max() == -1


def test_judged_on__model_in_order_of_time__has_references_for_every_row(rng):
    days = np.arange(300).astype("datetime64[D]").astype("datetime64[us]")
    model = fit(both(rng, day=days), Settings(target="y", **(QUICK | {"time_column": "day"})))
    judged = judged_on(model, both(rng, 50, day=days[:50]))

    assert np.isfinite(judged.constant).all()
    assert np.isfinite(judged.linear).all()


def test_judged_on__two_rows_that_count__has_references_for_both(regression_model):
    table = make_table(50).drop_columns(["rooms", "dear", "third"])
    weight = np.zeros(50)
    weight[[3, 30]] = 1.0
    judged = judged_on(regression_model, table, weight)

    assert judged.row.tolist() == [3, 30]
    assert np.isfinite(judged.linear).all()
    assert judged.constant[0, 0] == pytest.approx(judged.y[1, 0])


def test_judged_on__one_row_that_counts__is_an_error(regression_model):
    table = make_table(50).drop_columns(["rooms", "dear", "third"])

    with pytest.raises(DataError, match=r"^The table has 1 row; a report needs two or more"):
        judged_on(regression_model, table.slice(0, 1))
    with pytest.raises(DataError, match=r"^The table has 1 row that counts; a report needs two or more"):
        judged_on(regression_model, table, np.eye(50)[0])


def test_judged_on__target_without_a_logarithm__is_an_error(rng):
    size = rng.normal(size=120)
    model = fit(
        pa.table({"size": size, "y": np.exp(size)}), Settings(target="y", target_transform="log", **QUICK)
    )

    with pytest.raises(DataError, match=r"^In this table, the target 'y' is -3\.0 in row 2 .*; target_tr"):
        judged_on(model, pa.table({"size": [0.0, 1.0, 2.0], "y": [1.0, -3.0, 2.0]}))


def test_judged__ratio__is_rows_judged_by_rows_learned_from(rng):
    days = np.arange(300).astype("datetime64[D]").astype("datetime64[us]")
    table = both(rng, day=days)

    assert judged_in_training(fit(table, Settings(target="y", **QUICK))).ratio == pytest.approx(1.0)
    in_time = judged_in_training(fit(table, Settings(target="y", time_column="day", **QUICK)))
    assert in_time.ratio == pytest.approx((1 + 1 / 2) / 2)


@pytest.mark.parametrize("settings", [{}, {"loss": "mae"}, {"loss": "poisson"}])
def test_linear_outcome__few_rows_at_a_time__are_predicted_alike(rng, monkeypatch, settings):
    table = both(rng, 100)
    table = table.set_column(1, "y", pa.array(np.exp(table.column("y").to_numpy() / 4)))
    model = fit(table, Settings(target="y", **QUICK, **settings))
    at_once = judged_on(model, table).linear
    monkeypatch.setattr("netable.fit.evidence.linear._ROWS_AT_A_TIME", 7)

    np.testing.assert_allclose(judged_on(model, table).linear, at_once, rtol=1e-12)


def test_recall__table_of_training__gives_back_what_was_known(regression_model):
    table = make_table().drop_columns(["rooms", "dear", "third"])
    told = recall(regression_model, table, regression_model.out_of_fold)
    known = regression_model.learned_from

    assert told is not None
    for name in ("outcome", "part", "unseen_by"):
        np.testing.assert_array_equal(getattr(told, name), getattr(known, name))
    for name in ("table_rows", "judged_rows"):
        rows, known_rows = getattr(told, name), getattr(known, name)
        np.testing.assert_array_equal(rows.y, known_rows.y)
        np.testing.assert_array_equal(rows.weight, known_rows.weight)
        np.testing.assert_array_equal(rows.encoded.numbers, known_rows.encoded.numbers)
        np.testing.assert_array_equal(rows.encoded.codes, known_rows.encoded.codes)


def test_recall__rows_held_out__are_told_from_those_learned_from():
    table = make_table().drop_columns(["rooms", "dear", "third"])
    model = fit(table, Settings(target="price", **(QUICK | {"folds": 1})))
    told = recall(model, table, model.out_of_fold)

    assert told is not None
    assert (told.part >= 0).sum() == 24
    for name in ("part", "unseen_by"):
        np.testing.assert_array_equal(getattr(told, name), getattr(model.learned_from, name))


@pytest.mark.parametrize("change", ["order", "target", "rows"])
def test_recall__another_table__is_not_taken_for_it(regression_model, change):
    table = make_table().drop_columns(["rooms", "dear", "third"])
    if change == "order":
        table = table.take(np.roll(np.arange(120), 1))
    elif change == "target":
        table = table.set_column(table.column_names.index("price"), "price", table.column("age"))
    else:
        table = table.slice(1)

    assert recall(regression_model, table, regression_model.out_of_fold) is None

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from contextlib import nullcontext as _no_warning
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch
from sklearn import metrics as sk

from netable.compute.device import find_precision
from netable.config.settings import Settings
from netable.errors import ConfigError, DataError, DataWarning
from netable.fit.fit import fit
from netable.fit.preparation.split_plan import TIME_MEMBERS
from netable.model.file import load, save
from netable.model.model import Model
from netable.table.reading.read import read
from netable.table.target import Target
from netable.train import Epoch
from small import QUICK, make_table
from watching import Calls

TINY = {"hidden_layer_sizes": (8,), "max_epochs": 40, "lr": 0.02}


def column(table: pa.Table, name: str) -> np.ndarray:
    return table.column(name).to_numpy(zero_copy_only=False)


def logistic_table(rng: np.random.Generator, n_rows: int) -> pa.Table:
    """Two numbers that tell something of a noisy class, and eight that tell nothing."""
    x = rng.normal(size=(n_rows, 10))
    yes = rng.random(n_rows) < 1 / (1 + np.exp(-x[:, 0] - x[:, 1]))
    return pa.table({f"x{i}": x[:, i] for i in range(10)} | {"y": np.where(yes, "yes", "no")})


# Honest figures


@pytest.mark.parametrize("settings", [{"folds": 4}, {"folds": 1, "validation_fraction": 0.5}])
def test_fit__random_labels_with_an_identifier__is_no_better_than_chance_out_of_fold(
    rng: np.random.Generator, settings: dict[str, Any]
) -> None:
    n = 1200
    table = pa.table(
        {
            "id": [f"customer {i}" for i in rng.integers(0, 300, n)],
            "x": rng.normal(size=n),
            "y": rng.choice(["no", "yes"], n),
        }
    )
    valid = fit(table, Settings(target="y", max_epochs=15, hidden_layer_sizes=(32,), **settings)).results[
        "valid"
    ]

    assert 0.42 < valid["roc_auc"] < 0.58  # three standard errors of 600 rows or more
    assert valid["log_loss"] > np.log(2) - 0.01


def test_fit__target_that_only_the_own_row_tells__cannot_be_learned_from_levels(
    rng: np.random.Generator,
) -> None:
    # Every level has two rows of unrelated targets: a statistic that has seen the judged row tells it by half.
    n = 600
    level = np.repeat(np.arange(n // 2), 2)
    y = rng.normal(size=n)
    order = rng.permutation(n)
    table = pa.table({"c": [f"level {i}" for i in level[order]], "x": rng.normal(size=n), "y": y[order]})
    valid = fit(table, Settings(target="y", folds=4, max_epochs=15, hidden_layer_sizes=(16,))).results[
        "valid"
    ]

    assert valid["r2"] < 0.05


@pytest.mark.parametrize("settings", [{"folds": 4}, {"folds": 1, "validation_fraction": 0.4}])
def test_fit__out_of_fold_figures__agree_with_a_fresh_table(
    rng: np.random.Generator, settings: dict[str, Any]
) -> None:
    table = logistic_table(rng, 5000)
    config = Settings(target="y", max_epochs=30, hidden_layer_sizes=(32,), **settings)
    model = fit(table.slice(0, 1000), config)
    fresh = model.evaluate(table.slice(1000))["metrics"]

    assert fresh["roc_auc"] == pytest.approx(model.results["valid"]["roc_auc"], abs=0.06)
    assert fresh["log_loss"] == pytest.approx(model.results["valid"]["log_loss"], abs=0.06)
    assert fresh["roc_auc"] > 0.74  # the best there is has about 0.78
    # An ensemble may do better than one of its members, but the figure must not flatter.
    assert fresh["log_loss"] < model.results["valid"]["log_loss"] + 0.03


def test_fit__figures__are_those_of_the_out_of_fold_table(classifier_model: Model) -> None:
    y = column(make_table(), "dear")
    told = classifier_model.out_of_fold
    assert told is not None
    valid = classifier_model.results["valid"]

    assert told.column_names == ["fold", "prediction", "proba_no", "proba_yes"]
    assert valid["roc_auc"] == pytest.approx(sk.roc_auc_score(y == "yes", column(told, "proba_yes")))
    assert valid["accuracy"] == pytest.approx((column(told, "prediction") == y).mean())
    assert sorted(set(column(told, "fold"))) == [0, 1]


def test_fit__baseline__is_the_best_constant_of_the_training_rows(regression_model: Model) -> None:
    y = column(make_table(), "price")
    told = regression_model.out_of_fold
    assert told is not None
    fold = column(told, "fold")
    constant = np.array([y[fold != own].mean() for own in fold])

    assert regression_model.results["baseline"]["rmse"] == pytest.approx(
        np.sqrt(((y - constant) ** 2).mean())
    )


@pytest.mark.bad_input(101)
def test_fit__results__say_what_the_numbers_depend_on(classifier_model: Model) -> None:
    found = {name: classifier_model.results[name] for name in ("seed", "device", "threads", "precision")}

    assert found == {
        "seed": 0,
        "device": "cuda" if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
        "precision": find_precision("auto"),
    }
    versions = classifier_model.results["versions"]
    assert versions["torch"] == version("torch")
    assert versions["numpy"] == np.__version__


def test_fit__results__tell_what_was_done_and_are_json(classifier_model: Model) -> None:
    results = classifier_model.results

    assert json.loads(json.dumps(results)) == results
    assert (results["task"], results["target"], results["rows"]) == ("binary", "dear", 120)
    assert results["used"] == {
        "size": "number",
        "age": "number",
        "도시": "category",
        "garden": "flag",
        "sold": "date",
    }
    assert results["left_out"] == {}
    assert results["classes"] == ["no", "yes"]
    assert (results["epochs"], results["ending"], results["folds"]) == (2, "finished", 2)
    assert set(results["versions"]) == {
        "python",
        "netable",
        "torch",
        "numpy",
        "scikit-learn",
        "pyarrow",
        "duckdb",
    }
    assert results["fit_seconds"] > 0


# The same seed


@pytest.mark.parametrize("n_rows", [60, 120])
@pytest.mark.parametrize("settings", [{"folds": 3}, {"folds": 1}, {"folds": 1, "early_stopping": False}])
def test_fit__same_seed__same_bits_and_no_global_generator_moves(
    n_rows: int, settings: dict[str, Any]
) -> None:
    table = make_table(n_rows).drop_columns(["rooms", "dear", "third"])
    states = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    config = Settings(target="price", **QUICK | settings)
    first = fit(table, config)
    torch.rand(3)  # whatever others draw from the global generator must not matter
    torch.set_rng_state(states[0])
    again = fit(table, config)
    other = fit(table, Settings(target="price", **QUICK | settings | {"seed": 1}))

    assert torch.equal(torch.get_rng_state(), states[0])
    for now, then in zip(np.random.get_state(), states[1], strict=True):  # noqa: NPY002
        assert np.array_equal(now, then)
    assert (first.outcome(table) == again.outcome(table)).all()
    assert first.out_of_fold == again.out_of_fold
    assert [e[:4] for e in first.history.epochs] == [e[:4] for e in again.history.epochs]
    assert not (first.outcome(table) == other.outcome(table)).any()


def test_fit__other_draws_from_the_global_generator__change_nothing() -> None:
    table = make_table().select(["size", "도시", "price"])
    first = fit(table, Settings(target="price", **QUICK))
    with torch.random.fork_rng():
        torch.manual_seed(99)
        again = fit(table, Settings(target="price", **QUICK))

    assert (first.outcome(table) == again.outcome(table)).all()


# Weights


def numeric_table(rng: np.random.Generator, n_rows: int, task: str = "regression") -> pa.Table:
    x = rng.normal(size=(2, n_rows))
    y = x[0] + 0.5 * rng.normal(size=n_rows)
    return pa.table({"a": x[0], "b": x[1], "y": y if task == "regression" else np.where(y > 0, "p", "q")})


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_fit__weight_two__is_the_row_twice_in_tiny_tables(rng: np.random.Generator, task: str) -> None:
    table = numeric_table(rng, 30, task)
    weight = rng.integers(1, 4, 30)
    twice = table.take(np.repeat(np.arange(30), weight))
    config = Settings(target="y", **TINY)
    weighted, repeated = fit(table, config, weight=weight.astype(float)), fit(twice, config)
    fresh = numeric_table(rng, 50, task)
    plain = fit(table, config).outcome(fresh)

    np.testing.assert_allclose(weighted.outcome(fresh), repeated.outcome(fresh), rtol=1e-6, atol=1e-8)
    assert np.abs(plain - weighted.outcome(fresh)).max() > 1e-3


@pytest.mark.bad_input(61)
def test_fit__rows_of_weight_zero__do_not_matter_in_tiny_tables(rng: np.random.Generator) -> None:
    table, noise = numeric_table(rng, 30), numeric_table(rng, 15)
    weight = np.repeat([1.0, 0.0], [30, 15])
    config = Settings(target="y", **TINY)
    with_noise = fit(pa.concat_tables([table, noise]), config, weight=weight)
    fresh = numeric_table(rng, 50)

    np.testing.assert_allclose(
        with_noise.outcome(fresh), fit(table, config).outcome(fresh), rtol=1e-6, atol=1e-8
    )


def test_fit__weight_column__counts_as_weights_given(rng: np.random.Generator) -> None:
    table = numeric_table(rng, 120)
    weight = rng.integers(1, 4, 120).astype(float)
    given = fit(table, Settings(target="y", **QUICK), weight=weight)
    held = fit(table.append_column("w", pa.array(weight)), Settings(target="y", weight_column="w", **QUICK))

    assert (given.outcome(table) == held.outcome(table)).all()
    assert given.results["valid"] == held.results["valid"]


def test_fit__weights__reach_every_figure(rng: np.random.Generator) -> None:
    table = logistic_table(rng, 200)
    weight = rng.uniform(0.1, 3, 200)
    model = fit(table, Settings(target="y", **QUICK), weight=weight)
    told, valid = model.out_of_fold, model.results["valid"]
    assert told is not None
    y, p = column(table, "y") == "yes", column(told, "proba_yes")

    assert valid["log_loss"] == pytest.approx(sk.log_loss(y, p, sample_weight=weight))
    assert valid["roc_auc"] == pytest.approx(sk.roc_auc_score(y, p, sample_weight=weight))
    assert valid["accuracy"] == pytest.approx(np.average((p > 0.5) == y, weights=weight))
    assert valid["balanced_accuracy"] == pytest.approx(
        sk.balanced_accuracy_score(y, p > 0.5, sample_weight=weight)
    )
    fold = column(told, "fold")
    share = np.array([np.average(y[fold != own], weights=weight[fold != own]) for own in fold])
    assert model.results["baseline"]["log_loss"] == pytest.approx(sk.log_loss(y, share, sample_weight=weight))


def test_fit__weights__reach_early_stopping(rng: np.random.Generator) -> None:
    table, valid, noise = numeric_table(rng, 120), numeric_table(rng, 40), numeric_table(rng, 40)
    noise = noise.set_column(2, "y", pa.array(100 + np.arange(40.0)))
    both = pa.concat_tables([valid, noise])
    config = Settings(
        target="y", embedding="none", max_epochs=20, lr=0.1, hidden_layer_sizes=(16,), patience=20
    )
    clean = fit(table, config, valid_table=valid)
    spared = fit(table, config, valid_table=both, valid_weight=np.repeat([1.0, 0.0], 40))
    fooled = fit(table, config, valid_table=both)

    assert (clean.outcome(table) == spared.outcome(table)).all()
    assert clean.results["valid"]["rmse"] < 2 < fooled.results["valid"]["rmse"]
    assert not (clean.outcome(table) == fooled.outcome(table)).all()


def test_fit__class_weight__reaches_training_but_never_the_figures(rng: np.random.Generator) -> None:
    n = 300
    x = rng.normal(size=n)
    table = pa.table({"x": x, "y": np.where(rng.random(n) < 1 / (1 + np.exp(2 - x)), "yes", "no")})
    settings = {"target": "y", "model": "mlp", "max_epochs": 80, "hidden_layer_sizes": (8,), "folds": 3}
    models = [fit(table, Settings(**settings, class_weight=w)) for w in (None, "balanced", {"yes": 20.0})]
    plain, balanced, heavy = (model.predict_proba(table)[:, 1].mean() for model in models)
    y = column(table, "y") == "yes"

    assert plain == pytest.approx(y.mean(), abs=0.05)
    assert plain + 0.15 < balanced == pytest.approx(0.5, abs=0.1)
    assert heavy > balanced
    for model in models:
        assert model.out_of_fold is not None
        p = column(model.out_of_fold, "proba_yes")
        assert model.results["valid"]["log_loss"] == pytest.approx(sk.log_loss(y, p))
        assert model.results["baseline"] == models[0].results["baseline"]


# Missing and unseen


def test_fit__missing_where_training_had_none__is_about_the_median(rng: np.random.Generator) -> None:
    x = rng.normal(size=(3, 600))
    table = pa.table({"a": x[0], "b": x[1], "c": x[2], "y": x[0] + x[1] + x[2]})
    model = fit(table, Settings(target="y", max_epochs=40, folds=2, hidden_layer_sizes=(32,)))
    for name in "abc":
        place = table.column_names.index(name)
        values = column(table, name)
        gone = model.predict(table.set_column(place, name, pa.nulls(600, pa.float64())))
        median = model.predict(table.set_column(place, name, pa.array(np.full(600, np.median(values)))))
        assert np.isfinite(gone).all()
        assert np.abs(gone - median).mean() < 0.25  # the column itself moves the target by about 1


def test_fit__everything_missing__predicts_finitely(regression_model: Model) -> None:
    table = make_table(3)
    gone = pa.table({name: pa.nulls(3, table.column(name).type) for name in table.column_names[:5]})

    assert np.isfinite(regression_model.predict(gone)).all()


@pytest.mark.bad_input(68)
def test_fit__categories_never_seen__are_finite_and_all_alike(rng: np.random.Generator) -> None:
    for levels in (["a", "b", "c"], [f"level {i}" for i in range(40)]):
        c = rng.choice(levels, 400)
        table = pa.table({"c": c, "x": rng.normal(size=400), "y": (c == levels[0]) * 3.0})
        model = fit(table, Settings(target="y", task="regression", **QUICK | {"max_epochs": 10}))
        new = pa.table({"c": ["never", "neither", levels[0]], "x": [0.5] * 3})
        with pytest.warns(DataWarning, match="Levels never seen in training"):
            first, second, known = model.predict(new)
        assert np.isfinite([first, second, known]).all()
        assert first == second != known


def test_fit__missing_that_tells__is_learned(rng: np.random.Generator) -> None:
    gone = rng.random(400) < 0.3
    table = pa.table(
        {
            "x": pa.array(rng.normal(size=400), mask=gone),
            "z": rng.normal(size=400),
            "y": np.where(gone, "yes", "no"),
        }
    )
    model = fit(table, Settings(target="y", folds=2, max_epochs=30, lr=0.03, hidden_layer_sizes=(16,)))

    assert model.results["valid"]["roc_auc"] > 0.98


@pytest.mark.bad_input(41)
def test_fit__missing_category_that_tells__is_learned(rng: np.random.Generator) -> None:
    gone = rng.random(400) < 0.3
    table = pa.table(
        {"c": pa.array(rng.choice(["a", "b"], 400), mask=gone), "y": np.where(gone, "yes", "no")}
    )
    model = fit(table, Settings(target="y", folds=2, max_epochs=30, lr=0.03, hidden_layer_sizes=(16,)))

    assert model.results["valid"]["roc_auc"] > 0.98


# Odd tables


def test_fit__tiny__one_network_predicts_and_folds_score(rng: np.random.Generator) -> None:
    model = fit(numeric_table(rng, 50), Settings(target="y", **TINY))
    told = model.out_of_fold
    assert told is not None

    assert model.net.stacks[0].inputs.center.shape == (1, 2)
    assert model.net.stacks[0].inputs.center.dtype == torch.float64
    assert sorted(set(column(told, "fold"))) == [0, 1, 2, 3, 4]
    assert told.column("prediction").null_count == 0
    assert model.results["valid"]["r2"] > 0.2


@pytest.mark.bad_input(51)
@pytest.mark.parametrize("value", [0.0, 7.25, 1e9 + 0.1])
@pytest.mark.parametrize("n_rows", [20, 200])
def test_fit__constant_target__predicts_it(rng: np.random.Generator, value: float, n_rows: int) -> None:
    table = numeric_table(rng, n_rows).set_column(2, "y", pa.array(np.full(n_rows, value)))
    with pytest.warns(DataWarning, match=r"^Constant target; the mean will be predicted: 'y'\.$"):
        model = fit(table, Settings(target="y", **QUICK, task="regression"))

    np.testing.assert_allclose(model.predict(table), value, rtol=1e-6, atol=1e-6)
    assert model.results["valid"]["r2"] is None


@pytest.mark.bad_input(52)
def test_fit__one_class__is_refused(rng: np.random.Generator) -> None:
    table = numeric_table(rng, 20).set_column(2, "y", pa.array(["p"] * 20))
    message = r"^The target 'y' holds one class only, 'p'; a classifier needs at least two\.$"
    with pytest.raises(DataError, match=message):
        fit(table, Settings(target="y"))


@pytest.mark.bad_input(53)
@pytest.mark.parametrize("settings", [{"folds": 3}, {"folds": 1}])
def test_fit__class_of_a_single_row__is_learned_but_not_judged(
    rng: np.random.Generator, settings: dict[str, Any]
) -> None:
    labels = np.array(["a", "b"] * 60, dtype=object)
    labels[17] = "single"
    table = numeric_table(rng, 120).set_column(2, "y", pa.array(labels))
    message = r"^Classes of 'y' with a single row are learned but not evaluated: 'single'\.$"
    with pytest.warns(DataWarning, match=message):
        model = fit(table, Settings(target="y", **QUICK | settings))

    assert model.labels.tolist() == ["a", "b", "single"]
    assert model.out_of_fold is not None
    assert model.out_of_fold.column("fold")[17].as_py() is None
    assert model.out_of_fold.column("proba_single")[17].as_py() is None
    assert model.results["valid"]["roc_auc"] is None
    assert np.isfinite(model.results["valid"]["log_loss"])
    assert np.isfinite(model.predict_proba(table)).all()


@pytest.mark.bad_input(58)
def test_fit__fewer_rows_than_columns__predicts_finitely(rng: np.random.Generator) -> None:
    x = rng.normal(size=(20, 200))
    table = pa.table({f"c{i}": x[:, i] for i in range(200)} | {"y": x[:, 0]})
    model = fit(table, Settings(target="y", **TINY))

    assert np.isfinite(model.predict(table)).all()
    assert model.results["valid"]["rmse"] < 3 * model.results["baseline"]["rmse"]


@pytest.mark.bad_input(47)
def test_fit__values_far_out__predict_finitely(rng: np.random.Generator) -> None:
    a = rng.normal(size=120)
    a[5] = 1e38
    table = numeric_table(rng, 120).set_column(0, "a", pa.array(a))
    with pytest.warns(DataWarning, match=r"^Values far outside the rest, .*: 'a'\.$"):
        model = fit(table, Settings(target="y", **QUICK))

    assert np.isfinite(model.predict(table)).all()
    assert np.isfinite(model.results["valid"]["rmse"])


def test_fit__targets_of_any_size__are_predicted_in_their_own_units(rng: np.random.Generator) -> None:
    table = numeric_table(rng, 200)
    for scale, shift in ((1e-6, 0.0), (1e6, 1e6), (1.0, -500.0)):
        scaled = table.set_column(2, "y", pa.array(column(table, "y") * scale + shift))
        settings = {
            "max_epochs": 30,
            "lr": 0.03,
            "folds": 2,
            "hidden_layer_sizes": (8,),
            "task": "regression",
        }
        assert fit(scaled, Settings(target="y", **settings)).results["valid"]["r2"] > 0.5


def test_fit__several_targets__are_predicted_side_by_side() -> None:
    table = make_table(300).select(["size", "age", "price", "rooms"])
    settings = {"max_epochs": 40, "folds": 2, "hidden_layer_sizes": (32,)}
    model = fit(table, Settings(target=("price", "rooms"), **settings))
    told = model.out_of_fold
    assert told is not None

    assert model.predict(table).shape == (300, 2)
    assert told.column_names == ["fold", "prediction_price", "prediction_rooms"]
    for name in ("price", "rooms"):
        assert sk.r2_score(column(table, name), column(told, f"prediction_{name}")) > 0.5


# Other splits


def test_fit__hold_out__rows_that_are_not_judged_are_null() -> None:
    table = make_table().select(["size", "age", "price"])
    model = fit(table, Settings(target="price", validation_fraction=0.25, **QUICK | {"folds": 1}))
    told = model.out_of_fold
    assert told is not None
    judged = pc.is_valid(told.column("fold")).to_numpy()

    assert told.num_rows == 120
    assert judged.sum() == 30
    assert (pc.is_valid(told.column("prediction")).to_numpy() == judged).all()
    error = (column(told, "prediction") - column(table, "price"))[judged]
    assert model.results["valid"]["rmse"] == pytest.approx(np.sqrt((error**2).mean()))


def test_fit__time_column__the_first_block_is_not_judged() -> None:
    days = np.arange(120).astype("datetime64[D]").astype("datetime64[us]")
    table = make_table().select(["size", "price"]).append_column("day", pa.array(days))
    model = fit(table, Settings(target="price", time_column="day", **QUICK | {"folds": 3}))
    told = model.out_of_fold
    assert told is not None

    assert told.column("fold").to_pylist() == [None] * 30 + [0] * 30 + [1] * 30 + [2] * 30


def test_fit__validation_table__is_what_the_out_of_fold_table_shows() -> None:
    table = make_table(160).select(["size", "age", "price"])
    model = fit(table.slice(0, 120), Settings(target="price", **QUICK), valid_table=table.slice(120))
    told = model.out_of_fold
    assert told is not None

    assert told.num_rows == 40
    assert told.column("prediction").null_count == 0
    assert model.results["rows"] == 120


def test_fit__validation_table_without_early_stopping__keeps_the_last_weights() -> None:
    table = make_table(160).select(["size", "age", "price"])
    settings = QUICK | {"max_epochs": 8, "lr": 0.3, "folds": "auto", "early_stopping": False}
    models = [
        fit(table.slice(0, 120), Settings(target="price", **settings), valid_table=table.slice(120, n))
        for n in (10, 40)
    ]

    assert len(models[0].history.epochs) == 8
    assert (models[0].outcome(table) == models[1].outcome(table)).all()


@pytest.mark.bad_input(56)
def test_fit__class_only_in_the_validation_table__is_refused() -> None:
    table = pa.table({"x": np.arange(40.0), "y": ["a", "b"] * 20})
    valid = pa.table({"x": [1.0], "y": ["c"]})
    message = r"^The target 'y' holds 'c' in row 1 \(counted from 1\), a class that was not in training\."
    with pytest.raises(DataError, match=message):
        fit(table, Settings(target="y"), valid_table=valid)


# Endings


def interrupting(epoch: int) -> Callable[[Epoch], None]:
    def on_epoch(seen: Epoch) -> None:
        if seen.epoch == epoch:
            raise KeyboardInterrupt

    return on_epoch


@pytest.mark.bad_input(96)
@pytest.mark.parametrize("n_rows", [50, 120])
def test_fit__interrupt__the_weights_so_far_make_the_model(n_rows: int) -> None:
    table = make_table(n_rows).select(["size", "age", "price"])
    model = fit(
        table,
        Settings(target="price", **QUICK | {"max_epochs": 50}),
        watchers=[Calls(on_epoch=interrupting(3))],
    )

    assert model.history.ending == model.results["ending"] == "interrupted"
    assert len(model.history.epochs) == 3
    assert np.isfinite(model.predict(table)).all()


@pytest.mark.bad_input(96)
def test_fit__interrupt_before_an_epoch_is_over__is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("netable.train.loop.train_step", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fit(make_table().select(["size", "price"]), Settings(target="price", **QUICK))


def test_fit__patience__ends_the_run_early(rng: np.random.Generator) -> None:
    table = pa.table({"x": rng.normal(size=150), "y": rng.normal(size=150)})
    settings = QUICK | {"max_epochs": 100, "lr": 0.1, "patience": 3, "hidden_layer_sizes": (32,)}
    model = fit(table, Settings(target="y", **settings))

    assert model.history.ending == "stopped early"
    assert len(model.history.epochs) == max(model.history.best_epochs) + 3


def test_fit__on_epoch__is_told_of_every_epoch() -> None:
    seen: list[Epoch] = []
    model = fit(
        make_table().select(["size", "price"]),
        Settings(target="price", **QUICK),
        watchers=[Calls(on_epoch=seen.append)],
    )

    assert seen == model.history.epochs
    assert [epoch.epoch for epoch in seen] == [1, 2]


@pytest.mark.parametrize("name", ["titanic", "wine"])
def test_fit__real_table__is_better_than_a_constant(datasets: Path, name: str) -> None:
    tables = {entry["name"]: entry for entry in json.loads((datasets / "index.json").read_text())["datasets"]}
    settings = {"max_epochs": 10, "folds": 2, "hidden_layer_sizes": (16,)}
    with pytest.warns(DataWarning) if name == "titanic" else _no_warning():
        table = read(datasets / f"{name}.parquet")
        model = fit(table, Settings(target=tables[name]["target"], **settings))
    metric = model.results["metric"]

    assert model.results["valid"][metric] < model.results["baseline"][metric]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::netable.DataWarning")
def test_fit__every_real_table__is_learned_saved_and_loaded(datasets: Path, tmp_path: Path) -> None:
    for entry in json.loads((datasets / "index.json").read_text())["datasets"]:
        table = read(datasets / entry["file"])
        config = Settings(target=entry["target"], task=entry["task"], **QUICK | {"lr": 0.02})
        model = fit(table, config)
        metric = model.results["metric"]
        assert model.results["valid"][metric] < model.results["baseline"][metric], entry["name"]
        save(model, tmp_path / "m.netable")
        first = table.slice(0, 1000)
        assert (load(tmp_path / "m.netable").outcome(first) == model.outcome(first)).all()


# What a review proved


def test_fit__weights_that_come_from_elsewhere__are_not_scored(rng: np.random.Generator) -> None:
    table = pa.table({"x": rng.normal(size=90), "y": rng.choice(["a", "b"], 90)})
    config = Settings(target="y", **QUICK)
    first = fit(table, config)

    again = fit(table, config, start=first)

    assert first.results["valid"]
    assert again.results["valid"] == {}
    assert again.out_of_fold.column("prediction").null_count == 90


def test_fit__folds_in_time__predict_with_networks_that_know_the_latest_rows(
    rng: np.random.Generator,
) -> None:
    n = 900
    t = np.arange(n)
    x = rng.normal(size=n)
    drifting = np.where(t < n / 2, 1.0, -1.0) * x
    table = pa.table({"t": t.astype(float) + 0.5, "x": x, "y": drifting + 0.1 * rng.normal(size=n)})
    settings = QUICK | {"folds": 4, "max_epochs": 30, "hidden_layer_sizes": (16,)}

    model = fit(table, Settings(target="y", time_column="t", ignore_columns=("t",), **settings))

    assert len(model.net.stacks[0].inputs.center) == TIME_MEMBERS
    assert model.out_of_fold.column("prediction").null_count == n // 5
    # Every final member learned from all rows: their medians are those of the whole table.
    middle = np.quantile(x, 0.5, method="inverted_cdf")
    np.testing.assert_allclose(model.net.stacks[0].inputs.center[:, 0].numpy(), middle, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-40, 1e38])
def test_fit__weights_of_any_size__count_in_proportion(rng: np.random.Generator, scale: float) -> None:
    table = pa.table({"x": rng.normal(size=200), "y": rng.normal(size=200)})
    weight = rng.uniform(1, 2, 200)

    one, other = (fit(table, Settings(target="y", **QUICK), weight=w) for w in (weight, weight * scale))

    np.testing.assert_allclose(one.predict(table), other.predict(table), rtol=1e-3, atol=1e-5)


def test_fit__baseline__does_not_rule_out_a_class_that_its_rows_lack(rng: np.random.Generator) -> None:
    groups = np.repeat(np.arange(6), 30)
    labels = np.array(["a", "b", "c", "a", "b", "c"])[groups]  # a whole group, perhaps a fold, has one class
    table = pa.table({"g": pa.array([f"g{g}" for g in groups]), "x": rng.normal(size=180), "y": labels})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        model = fit(table, Settings(target="y", group_column="g", **QUICK | {"folds": 6}))

    assert model.results["baseline"]["log_loss"] < 10


def test_fit__time_column_of_text__is_refused(rng: np.random.Generator) -> None:
    weeks = [f"{i}. week" for i in range(120)]
    table = pa.table({"week": weeks, "x": rng.normal(size=120), "y": rng.normal(size=120)})

    with pytest.raises(
        DataError, match=r"^The time column 'week' holds text, whose order is that of the alphabet"
    ):
        fit(table, Settings(target="y", time_column="week", **QUICK))


def test_fit__kinds_of_a_column_with_another_role__are_left_aside(rng: np.random.Generator) -> None:
    table = pa.table(
        {"g": [f"g{i % 9}" for i in range(180)], "x": rng.normal(size=180), "y": rng.normal(size=180)}
    )
    kinds = {"g": "category", "x": "number"}

    model = fit(table, Settings(target="y", group_column="g", kinds=kinds, **QUICK))

    assert model.recipe.kinds == {"x": "number"}


def test_fit__class_weight_for_numbers__is_refused(rng: np.random.Generator) -> None:
    table = pa.table({"x": rng.normal(size=120), "y": rng.normal(size=120)})

    with pytest.raises(ConfigError, match=r"^class_weight is for classes; this is a regression"):
        fit(table, Settings(target="y", class_weight="balanced", **QUICK))


def test_fit__folds__rows_behind_the_model_name_the_member_that_has_not_seen_them() -> None:
    table = pa.table({"x": np.arange(120.0) ** 1.5, "y": np.arange(120.0) % 7})
    model = fit(table, Settings(target="y", task="regression", model="mlp", folds=3, **TINY))
    behind = model.learned_from
    assert behind is not None
    assert behind.judged is table
    assert model.out_of_fold is not None
    assert behind.unseen_by.tolist() == model.out_of_fold["fold"].to_pylist()
    encoded = model.encode(model.read(table))
    rows = np.flatnonzero(behind.unseen_by == 1)
    model.net.weights = torch.tensor([0.0, 1.0, 0.0])
    alone = model.outcome_of(encoded)[rows]
    np.testing.assert_allclose(alone, behind.outcome[rows], rtol=1e-5)


def test_fit__rows_in_order_of_time__no_member_of_the_model_is_new_to_any() -> None:
    table = pa.table({"x": np.arange(120.0) ** 1.5, "y": np.arange(120.0) % 7, "t": np.arange(120.0) ** 1.5})
    config = Settings(target="y", task="regression", model="mlp", folds=3, time_column="t", **TINY)
    behind = fit(table, config).learned_from
    assert behind is not None
    assert set(behind.unseen_by.tolist()) == {-1}


def test_fit__target_that_is_given__may_have_classes_that_no_row_has() -> None:
    table = make_table().select(["size", "age", "third"])
    target = Target.infer(table, ("third",))
    some = table.filter(pc.not_equal(table.column("third"), "c"))

    model = fit(some, Settings(target="third", **QUICK), target=target)

    assert model.target.labels == ("a", "b", "c")
    probability = model.predict_proba(some)
    assert probability.shape == (some.num_rows, 3)
    assert probability[:, 2].max() < 0.34

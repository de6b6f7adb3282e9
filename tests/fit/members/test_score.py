from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import log_loss

from netable.config.settings import Settings
from netable.errors import DataError, UserError
from netable.fit.fit import fit
from netable.fit.members.score import constant_outcome, score
from netable.fit.preparation.prepare import prepare
from netable.model.file import load, save
from netable.model.model import Model
from netable.train import Objective
from small import QUICK, make_table

SHORT = {"model": "mlp", "max_epochs": 25, "hidden_layer_sizes": (32,), "folds": 4}
SHORT |= {"optimizer": "adamw", "batch_size": 128}


def table_of(rng: np.random.Generator, kind: str, n: int) -> pa.Table:
    x = rng.normal(size=(2, n))
    f = x[0] - 0.5 * x[1]
    y = {
        "even": lambda: f + rng.normal(size=n),
        "growing": lambda: f + 0.5 * np.exp(0.7 * x[0]) * rng.normal(size=n),
        "growing and skewed": lambda: f + 0.5 * np.exp(0.7 * x[0]) * rng.exponential(size=n),
        "heavy": lambda: f + 0.3 * rng.standard_cauchy(size=n),
        "lognormal": lambda: np.exp(f + 0.8 * rng.normal(size=n)),
        "counts": lambda: rng.poisson(np.exp(f + 0.5)).astype(float),
        "classes": lambda: np.where(f + rng.logistic(size=n) > 1, "yes", "no"),
    }[kind]()
    return pa.table({"a": x[0], "b": x[1], "y": y})


def truth(table: pa.Table) -> np.ndarray:
    values: np.ndarray = table.column("y").to_numpy(zero_copy_only=False)
    return values


def trained(kind: str, n: int = 1000, **settings: Any) -> Model:
    return fit(table_of(np.random.default_rng(0), kind, n), Settings(**({"target": "y"} | SHORT | settings)))


@pytest.fixture(scope="module")
def fresh() -> dict[str, pa.Table]:
    kinds = ("growing", "growing and skewed", "heavy", "lognormal", "counts")
    return {kind: table_of(np.random.default_rng(1), kind, 4000) for kind in kinds}


# Losses


def test_loss__mae_of_heavy_noise__is_nearer_to_the_median_than_mse(fresh: dict[str, pa.Table]) -> None:
    table = fresh["heavy"]
    median = table.column("a").to_numpy() - 0.5 * table.column("b").to_numpy()
    mae, mse = (trained("heavy", loss=loss) for loss in ("mae", "mse"))
    far = [np.abs(model.predict(table) - median).mean() for model in (mae, mse)]

    assert far[0] < 0.35 * far[1]
    assert mae.results["metric"] == next(iter(mae.results["valid"])) == "mae"
    assert mae.results["valid"]["mae"] < mae.results["baseline"]["mae"]


@pytest.mark.parametrize("quantile", [0.2, 0.9])
def test_loss__quantile__has_its_share_below(fresh: dict[str, pa.Table], quantile: float) -> None:
    model = trained("growing", loss="quantile", quantile=quantile)
    found = model.evaluate(fresh["growing"])["metrics"]

    assert found["share_below"] == pytest.approx(quantile, abs=0.06)
    assert model.results["valid"]["share_below"] == pytest.approx(quantile, abs=0.06)
    assert model.results["baseline"]["share_below"] == pytest.approx(quantile, abs=0.02)
    assert model.results["valid"]["pinball_loss"] < 0.7 * model.results["baseline"]["pinball_loss"]


def test_loss__poisson__predicts_rates_better_than_squares_do(fresh: dict[str, pa.Table]) -> None:
    poisson, squares = (trained("counts", loss=loss) for loss in ("poisson", "mse"))
    rates = poisson.predict(fresh["counts"])
    own, other = (model.evaluate(fresh["counts"])["metrics"] for model in (poisson, squares))

    assert (rates >= 0).all()
    assert own["rmse"] < other["rmse"]
    assert rates.mean() == pytest.approx(truth(fresh["counts"]).mean(), rel=0.1)
    assert own["mean_poisson_deviance"] < 1.4
    assert poisson.results["baseline"]["mean_poisson_deviance"] > 3


@pytest.mark.parametrize("loss", ["mae", "huber", "quantile", "poisson"])
def test_loss__several_targets__are_as_wide_as_they_are_many(loss: str) -> None:
    table = table_of(np.random.default_rng(0), "counts", 200)
    table = table.append_column("z", pa.array(truth(table) * 3))
    model = fit(table, Settings(target=("y", "z"), loss=loss, **QUICK))
    outcome, (lower, upper) = model.predict(table), model.predict_interval(table)

    assert outcome.shape == lower.shape == upper.shape == (200, 2)
    assert (lower <= upper).all()
    assert np.isfinite(model.results["valid"][model.results["metric"]])
    assert len(model.results["intervals"]["0.9"]["coverage"]) == 2
    with pytest.warns(UserWarning, match=r"^About 100% of these rows"):
        assert len(model.evaluate(table)["intervals"]["0.9"]["mean_width"]) == 2


@pytest.mark.parametrize(
    ("loss", "constant"),
    [
        ("mse", lambda y: y.mean()),
        ("huber", lambda y: y.mean()),
        ("poisson", lambda y: y.mean()),
        ("mae", lambda y: np.quantile(y, 0.5, method="inverted_cdf")),
        ("quantile", lambda y: np.quantile(y, 0.9, method="inverted_cdf")),
    ],
)
def test_baseline__loss__has_its_own_best_constant_of_the_training_rows(loss: str, constant: Any) -> None:
    table = table_of(np.random.default_rng(0), "counts", 120)
    weight = np.random.default_rng(1).integers(1, 4, 120)
    config = Settings(target="y", task="regression", loss=loss, quantile=0.9, folds=3)
    prepared = prepare(table, config, None, weight.astype(float), None)
    outcome = constant_outcome(prepared)

    for held, rows in zip(prepared.plan.held_out, prepared.plan.train_rows, strict=True):
        expected = constant(np.repeat(truth(table)[rows], weight[rows]))
        assert outcome[held.rows] == pytest.approx(expected)


# A logarithm


@pytest.mark.parametrize("moved", [0.0, -0.02])
def test_log__mse__has_the_mean_of_the_target_and_beats_no_transform(moved: float) -> None:
    def table(seed: int, n: int) -> pa.Table:
        drawn = table_of(np.random.default_rng(seed), "lognormal", n)
        return drawn.set_column(2, "y", pa.array(np.maximum(truth(drawn) + moved, 0.0)))

    plain = fit(table(0, 1000), Settings(target="y", target_transform="none", **SHORT))
    chosen = fit(table(0, 1000), Settings(target="y", **SHORT))
    log = fit(table(0, 1000), Settings(target="y", target_transform="log", **SHORT))
    other = table(1, 4000)
    predicted = log.predict(other)

    assert log.objective.scale is not None
    assert log.objective.scale.shift is not None
    assert (log.objective.scale.shift == (moved != 0)).all()
    assert (predicted >= 0).all()
    assert chosen.recipe.target_transform == "log"  # by short runs
    # Without the correction it would be lower by a factor of about exp(0.8² / 2) = 1.38.
    assert predicted.mean() == pytest.approx(truth(other).mean(), rel=0.15)
    assert log.evaluate(other)["metrics"]["rmse"] < plain.evaluate(other)["metrics"]["rmse"]
    assert log.results["valid"]["rmse"] < plain.results["valid"]["rmse"]


def test_log__mae__predicts_the_median(fresh: dict[str, pa.Table]) -> None:
    table = fresh["lognormal"]
    model = trained("lognormal", target_transform="log", loss="mae")

    assert (truth(table) <= model.predict(table)).mean() == pytest.approx(0.5, abs=0.06)
    assert model.objective.scale is not None
    assert model.objective.scale.smearing is None


@pytest.mark.parametrize("settings", [{"loss": "poisson"}, {"target_transform": "log"}])
def test_validation_table__negative_target__is_refused(settings: dict[str, str]) -> None:
    table = table_of(np.random.default_rng(0), "counts", 120)
    wrong = table.set_column(2, "y", pa.array(np.r_[-1.0, truth(table)[1:]]))
    message = r"^In the validation table, the target 'y' is -1\.0 in row 1 \(counted from 1\); .* takes none below 0\.$"
    with pytest.raises(DataError, match=message):
        fit(table, Settings(target="y", **settings, **QUICK), valid_table=wrong)


# Temperature


def overconfident(n: int = 600, **settings: Any) -> Model:
    return trained(
        "classes", n, **({"early_stopping": False, "max_epochs": 60, "dropout": 0.0, "lr": 0.01} | settings)
    )


def test_temperature__overconfident_networks__is_above_one_and_lowers_the_log_loss() -> None:
    model = overconfident(hidden_layer_sizes=(128, 128))
    other = table_of(np.random.default_rng(1), "classes", 4000)
    calibrated = model.predict_proba(other)
    model.objective = type(model.objective)(model.task)
    bare = model.predict_proba(other)

    assert model.results["temperature"] > 1.1
    assert log_loss(truth(other), calibrated) < log_loss(truth(other), bare)
    assert (calibrated.argmax(1) == bare.argmax(1)).mean() > 0.98
    assert np.abs(calibrated.sum(1) - 1).max() < 1e-15


def test_temperature__published_figures__are_those_of_the_published_predictions() -> None:
    model = overconfident()
    assert model.out_of_fold is not None
    table = table_of(np.random.default_rng(0), "classes", 600)
    yes = model.out_of_fold.column("proba_yes").to_numpy()

    assert log_loss(truth(table) == "yes", yes) == pytest.approx(model.results["valid"]["log_loss"])


def example(n: int = 400, **settings: Any) -> tuple[Any, np.ndarray]:
    """A prepared run, and what overconfident members might say of its rows."""
    table = table_of(np.random.default_rng(0), "classes", n)
    prepared = prepare(table, Settings(target="y", **({"folds": 4} | settings)), None, None, None)
    logit = 3 * (table.column("a").to_numpy() - 0.5 * table.column("b").to_numpy() - 1)
    yes = 1 / (1 + np.exp(-logit))
    return prepared, np.column_stack([1 - yes, yes])


def test_score__answers_of_a_fold__do_not_reach_its_own_predictions() -> None:
    prepared, outcome = example()
    before = score(prepared, Objective("binary"), outcome, warm=False)
    held = prepared.plan.held_out[1].rows
    prepared.rows.y[held] = 1 - prepared.rows.y[held]
    after = score(prepared, Objective("binary"), outcome, warm=False)
    others = np.setdiff1d(np.arange(400), held)

    assert before.temperature > 1.5
    assert before.temperature != after.temperature
    assert (before.outcome[held] == after.outcome[held]).all()
    assert (before.outcome[others] != after.outcome[others]).any(1).all()


def test_score__time_column__calibrates_by_earlier_folds_alone() -> None:
    days = np.arange(400).astype("datetime64[D]").astype("datetime64[us]")
    table = table_of(np.random.default_rng(0), "classes", 400).append_column("t", pa.array(days))
    prepared = prepare(table, Settings(target="y", time_column="t", folds=4), None, None, None)
    _, outcome = example()
    outcome[: prepared.plan.held_out[0].rows.min()] = np.nan
    found = score(prepared, Objective("binary"), outcome, warm=False).outcome

    first, second = (held.rows for held in prepared.plan.held_out[:2])
    np.testing.assert_allclose(found[first], outcome[first])
    assert (np.abs(found[second] - outcome[second]) > 1e-6).any()


@pytest.mark.parametrize(
    ("n", "settings", "warm"),
    [
        (99, {}, False),
        (400, {}, True),
        (400, {"folds": 1, "early_stopping": False}, False),
        (110, {"folds": 1, "validation_fraction": 0.2}, False),
    ],
    ids=["tiny", "warm start", "all rows", "22 judged rows"],
)
def test_temperature__too_little_to_tell__is_one(n: int, settings: dict[str, Any], warm: bool) -> None:
    prepared, outcome = example(n, **settings)
    judged = np.zeros(n, bool)
    for held in prepared.plan.held_out:
        judged[held.rows] = True
    outcome[~judged] = np.nan
    found = score(prepared, Objective("binary"), outcome, warm=warm)

    assert found.temperature == found.results["temperature"] == 1.0
    assert bool(found.results["valid"]) == (judged.any() and not warm)


def test_temperature__class_weights__are_those_of_training() -> None:
    def with_weights(class_weight: Any) -> float:
        prepared, outcome = example(2000, class_weight=class_weight)
        if class_weight:  # what networks say that were taught so: odds times the weight, and as overconfident
            odds = outcome[:, 1] / outcome[:, 0] * 5**3
            outcome = np.column_stack([1 / (1 + odds), odds / (1 + odds)])
        return score(prepared, Objective("binary"), outcome, warm=False).temperature

    assert with_weights({"yes": 5.0, "no": 1.0}) == pytest.approx(3, rel=0.15)
    assert with_weights(None) == pytest.approx(3, rel=0.15)


# Intervals


@pytest.mark.parametrize("kind", ["growing", "growing and skewed", "lognormal", "counts"])
@pytest.mark.parametrize(
    "settings", [{}, {"folds": 1, "validation_fraction": 0.4}], ids=["folds", "hold-out"]
)
def test_interval__fresh_rows__are_covered_as_asked_and_as_measured(
    fresh: dict[str, pa.Table], kind: str, settings: dict[str, Any]
) -> None:
    model = trained(kind, 1500, **settings)
    y = truth(fresh[kind])
    for coverage in (0.5, 0.8, 0.9, 0.95):
        lower, upper = model.predict_interval(fresh[kind], coverage)
        within = ((lower <= y) & (y <= upper)).mean()
        measured = model.results["intervals"][f"{coverage:g}"]
        # Counts are at most covered as asked or more: their errors come in steps.
        assert -0.05 < within - coverage < (0.12 if kind == "counts" else 0.05)
        assert within == pytest.approx(measured["coverage"], abs=0.05)
        if not settings:  # each half of a hold-out has fewer bins than both
            assert (upper - lower).mean() == pytest.approx(measured["mean_width"], rel=0.15)
    assert model.evaluate(fresh[kind])["intervals"]["0.9"]["coverage"] == pytest.approx(0.9, abs=0.06)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("lognormal", {"target_transform": "log"}),
        ("counts", {"loss": "poisson"}),
        ("growing", {"loss": "quantile", "quantile": 0.8}),
        ("heavy", {"loss": "mae"}),
    ],
)
def test_interval__other_losses__are_covered_too(
    fresh: dict[str, pa.Table], kind: str, settings: dict[str, Any]
) -> None:
    model = trained(kind, 800, **settings)
    y = truth(fresh[kind])
    lower, upper = model.predict_interval(fresh[kind], 0.9)

    assert ((lower <= y) & (y <= upper)).mean() == pytest.approx(0.9, abs=0.06)
    if kind in ("lognormal", "counts"):
        assert (lower >= 0).all()


@pytest.mark.bad_input(116)
def test_interval__model_without_held_out_rows__says_why() -> None:
    table = make_table().select(["size", "age", "price", "dear"])
    first = fit(table, Settings(target="price", **QUICK))
    models = {
        "it predicts classes": fit(table, Settings(target="dear", **QUICK)),
        "all rows were used for training": fit(
            table, Settings(target="price", **QUICK | {"folds": 1}, early_stopping=False)
        ),
        "training started from weights": fit(table, Settings(target="price", **QUICK), start=first),
    }
    for why, model in models.items():
        with pytest.raises(UserError) as caught:
            model.predict_interval(table)
        assert str(caught.value).startswith(f"This model has no intervals: {why}")
        assert "\n" not in str(caught.value)
        assert not model.results.get("intervals")


def test_interval__half_the_rows_without_weight__come_from_the_others() -> None:
    table = table_of(np.random.default_rng(0), "even", 400)
    y = truth(table).copy()
    y[200:] += 1e3 * np.random.default_rng(1).normal(size=200)
    noisy = table.set_column(2, "y", pa.array(y))
    model = fit(noisy, Settings(target="y", **QUICK), weight=np.repeat([1.0, 0.0], 200))

    lower, upper = model.predict_interval(table)
    assert (upper - lower).max() < 20


def test_outcomes__model_file__come_back(tmp_path: Any) -> None:
    table = table_of(np.random.default_rng(0), "counts", 500)
    table = table.append_column("z", pa.array(truth(table) + 1))
    several = {"target": ("y", "z")}
    for settings in (
        {"loss": "poisson", **several},
        {"target_transform": "log", **several},
        {"target_transform": "log", "loss": "mae"},
        {"loss": "quantile", "quantile": 0.3},
        {"loss": "huber"},
    ):
        model = fit(table, Settings(**({"target": "y"} | QUICK | settings)))
        save(model, tmp_path / "m")
        loaded = load(tmp_path / "m")

        assert loaded.predict(table).tobytes() == model.predict(table).tobytes()
        for end, again in zip(model.predict_interval(table), loaded.predict_interval(table), strict=True):
            assert end.tobytes() == again.tobytes()
        assert (loaded.objective.loss, loaded.objective.quantile) == (
            model.recipe.loss,
            model.recipe.quantile,
        )
        assert loaded.results == model.results

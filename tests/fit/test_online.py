from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from netable.config.settings import Settings
from netable.errors import DataError, DataWarning, TrainingError
from netable.fit.fit import fit
from netable.fit.online import OnlineTraining, untrained_model
from netable.model.model import Model
from netable.table.target import Target
from small import make_table

CONFIG = Settings(target="y", hidden_layer_sizes=(8,), lr=0.01, batch_size=32)


def table_of(seed: int, n_rows: int = 128) -> pa.Table:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_rows)
    return pa.table({"x": x, "c": rng.choice(["a", "b"], n_rows), "y": 2 * x + 0.1 * rng.normal(size=n_rows)})


def untrained(seed: int = 0, config: Settings = CONFIG) -> Model:
    return untrained_model(table_of(seed), config, Target(("y",), "regression"))


def rmse(model: Model) -> float:
    value = model.evaluate(table_of(99))["metrics"]["rmse"]
    assert isinstance(value, float)
    return value


def test_learn__many_calls__learns() -> None:
    model = untrained()
    training, before = OnlineTraining(model), rmse(model)
    for seed in range(20):
        training.learn(table_of(seed))

    assert rmse(model) < before / 3
    assert model.results["rows"] == 20 * 128
    assert [epoch.epoch for epoch in model.history.epochs] == list(range(1, 21))


def test_learn__other_rows__leave_the_statistics() -> None:
    model = untrained()
    before = {name: value.clone() for name, value in model.net.named_buffers()}
    shifted = table_of(1).set_column(0, "x", pa.array(np.full(128, 50.0)))
    with pytest.warns(DataWarning, match="Farther outside the range"):
        OnlineTraining(model).learn(shifted)

    for name, value in model.net.named_buffers():
        assert torch.equal(value, before[name])


def test_learn__same_seed__same_bits_and_no_global_generator_moves() -> None:
    state, models = torch.get_rng_state(), []
    for _ in range(2):
        model = untrained()
        training = OnlineTraining(model)
        for seed in range(3):
            training.learn(table_of(seed))
        models.append(model.outcome(table_of(9)))

    assert (models[0] == models[1]).all()
    assert torch.equal(torch.get_rng_state(), state)


def test_learn__weights__count() -> None:
    outcomes = []
    high = table_of(1).set_column(2, "y", pa.array(np.full(128, 9.0)))
    both = pa.concat_tables([table_of(0), high])
    for weight in (np.repeat([1.0, 0.0], 128), np.repeat([0.0, 1.0], 128)):
        model = untrained()
        training = OnlineTraining(model)
        for _ in range(10):
            training.learn(both, weight)
        outcomes.append(model.predict(table_of(2)).mean())

    assert outcomes[0] + 3 < outcomes[1]


def test_learn__class_weights__count() -> None:
    table = make_table().select(["size", "third"])
    outcomes = []
    for class_weight in (None, {"a": 50.0}):
        model = untrained_model(
            table,
            Settings(target="third", hidden_layer_sizes=(8,), lr=0.02),
            Target(("third",), "multiclass", ("a", "b", "c"), "object"),
        )
        model.recipe = replace(model.recipe, class_weight=class_weight)
        training = OnlineTraining(model)
        for _ in range(20):
            training.learn(table)
        outcomes.append(model.predict_proba(table)[:, 0].mean())

    assert outcomes[0] + 0.2 < outcomes[1]


def test_learn__without_class_in_the_rows__is_fine() -> None:
    table = make_table().select(["size", "third"])
    target = Target(("third",), "multiclass", ("a", "b", "c", "d"), "object")
    for class_weight in (None, "balanced"):
        model = untrained_model(
            table, Settings(target="third", hidden_layer_sizes=(4,), class_weight=class_weight), target
        )
        OnlineTraining(model).learn(table.slice(0, 10))
        assert np.isfinite(model.predict_proba(table)).all()
        assert model.predict_proba(table).shape == (120, 4)


@pytest.mark.bad_input(56)
def test_learn__class_that_was_not_named__is_refused() -> None:
    table = make_table().select(["size", "third"])
    model = untrained_model(
        table, Settings(target="third"), Target(("third",), "multiclass", ("a", "b", "c"), "object")
    )
    other = table.set_column(1, "third", pa.array(["d"] * 120))
    with pytest.raises(DataError, match=r"^The target 'third' holds 'd' in row 1 \(counted from 1\)"):
        OnlineTraining(model).learn(other)


@pytest.mark.bad_input(60)
def test_learn__weights_that_cannot_be__are_refused() -> None:
    with pytest.raises(DataError, match=r"^The weight is negative in rows 1, 2, "):
        OnlineTraining(untrained()).learn(table_of(0), np.repeat([-1.0, 1.0], 64))


@pytest.mark.bad_input(93)
def test_learn__steps_too_large__is_a_training_error() -> None:
    training = OnlineTraining(untrained(config=Settings(target="y", lr=1e30, optimizer="sgd", batch_size=8)))
    with pytest.raises(TrainingError, match=r"Try a lower lr, or clip_norm=1\.$"):
        training.learn(table_of(0))


def test_learn__a_model_that_was_fitted__goes_on_with_all_its_members() -> None:
    model = fit(
        table_of(0),
        Settings(target="y", folds=3, max_epochs=2, hidden_layer_sizes=(4,), stacks=({}, {"seed": 1})),
    )
    before = rmse(model)
    training = OnlineTraining(model)
    for seed in range(10):
        training.learn(table_of(seed))

    assert rmse(model) < before
    assert len(model.history.epochs[-1].train_loss) == 6
    assert not model.net.training


def test_learn__rows_seen__are_known_as_those_of_the_first_call() -> None:
    model = untrained()
    OnlineTraining(model).learn(table_of(0))
    with pytest.warns(UserWarning, match="^About 100% of these rows"):
        assert model.evaluate(table_of(0))["share_of_rows_seen_in_training"] == 1


def test_learn__failing__leaves_the_model_as_it_was() -> None:
    model = untrained()
    training = OnlineTraining(model)
    training.learn(table_of(0))
    before = model.predict(table_of(1))
    y = table_of(1).column("y").to_numpy() * 1e30

    with pytest.raises(TrainingError):
        training.learn(table_of(1).set_column(table_of(1).column_names.index("y"), "y", pa.array(y)))

    assert (model.predict(table_of(1)) == before).all()


def test_learn__further_rows__are_known_and_end_older_figures() -> None:
    model = untrained()
    model.results |= {"valid": {"rmse": 0.1}, "baseline": {"rmse": 1.0}}
    training = OnlineTraining(model)
    for seed in (0, 1):
        training.learn(table_of(seed))

    assert model.results["valid"] == model.results["baseline"] == {}
    assert model.sketch.share_seen(model.encode(table_of(0))) == 1
    assert model.sketch.share_seen(model.encode(table_of(1))) == 1


@pytest.mark.parametrize(
    ("settings", "first", "later", "message"),
    [
        ({"loss": "poisson"}, 0.0, -1.0, "loss='poisson' takes none below 0"),
        ({"target_transform": "log"}, 0.0, -1.0, "target_transform='log' takes none below 0"),
        ({"target_transform": "log"}, 1.0, 0.0, "it was above 0 in the first rows"),
    ],
)
def test_learn__targets_that_the_first_rows_did_not_prepare_for__are_refused(
    settings: dict[str, str], first: float, later: float, message: str
) -> None:
    def table(least: float) -> pa.Table:
        return table_of(0).set_column(2, "y", pa.array(np.arange(128.0) + least))

    model = untrained_model(table(first), replace(CONFIG, **settings), Target(("y",), "regression"))
    training = OnlineTraining(model)
    training.learn(table(first))

    assert (model.predict(table(first)) >= 0).all()
    with pytest.raises(DataError, match=message):
        training.learn(table(later))


def test_learn__fitted_model__is_neither_calibrated_nor_measured_any_longer() -> None:
    table = table_of(0)
    numbers = fit(table, replace(CONFIG, target="y", max_epochs=2))
    classes = fit(table, replace(CONFIG, target="c", max_epochs=2))
    classes.objective = replace(classes.objective, temperature=2.0)
    numbers.predict_interval(table)
    for model in (numbers, classes):
        OnlineTraining(model).learn(table)

    assert (classes.objective.temperature, classes.results["temperature"]) == (1.0, 1.0)
    assert numbers.results["intervals"] == {}
    with pytest.raises(DataError, match=r"^This model has no intervals: partial_fit holds no rows out"):
        numbers.predict_interval(table)
    with pytest.raises(DataError, match=r"^This model has no intervals: it predicts classes\.$"):
        classes.predict_interval(table)


def test_untrained_model__asked_for_intervals__says_why_there_are_none() -> None:
    with pytest.raises(DataError, match=r"^This model has no intervals: partial_fit holds no rows out"):
        untrained().predict_interval(table_of(0))

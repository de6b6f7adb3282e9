"""Who is told of a run, and of what part of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.model import Model
from netable.train import Epoch, Phase
from small import QUICK, make_table

SMALL = QUICK | {"max_epochs": 10}
FIVE = tuple({"hidden_layer_sizes": (2 + i,)} for i in range(5))


def prices() -> pa.Table:
    return make_table().select(["size", "age", "price"])


def phases(table: pa.Table, config: Settings) -> list[Phase]:
    told: list[Phase] = []
    fit(table, config, on_phase=told.append)
    return told


def test_on_phase__one_stack__is_one_phase() -> None:
    assert phases(prices(), Settings(target="price", **SMALL)) == [Phase(False, 1, 10, 1, 0.0, 1.0)]


def test_on_phase__search__begins_with_trials() -> None:
    first, second = phases(prices(), Settings(target="price", stacks=FIVE, **SMALL))

    # five trials of 4 epochs, then four runs of 10
    assert first == Phase(True, 5, 4, 9, 0.0, pytest.approx(20 / 60))
    assert second == Phase(False, 4, 10, 9, pytest.approx(20 / 60), pytest.approx(40 / 60))


def test_on_phase__long_tailed_target__is_tried_both_ways() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=600)
    table = pa.table({"x": x, "y": np.exp(2 * x + rng.normal(size=600))})

    told = phases(table, Settings(target="y", **SMALL))

    assert [phase.is_trial for phase in told] == [True, True, False]
    assert told[0].runs == 3
    assert told[-1].before + told[-1].share == pytest.approx(1.0)


def test_on_stack_end__every_stack__has_ended_once() -> None:
    ended: list[int] = []

    fit(prices(), Settings(target="price", stacks=FIVE[:2], **SMALL), on_stack_end=ended.append)

    assert sorted(ended) == [0, 1]


def test_on_epoch__returns_true__ends_that_stack() -> None:
    def on_epoch(epoch: Epoch) -> bool:
        return epoch.stack == 0 and epoch.epoch == 3

    model = fit(prices(), Settings(target="price", stacks=FIVE[:2], patience=99, **SMALL), on_epoch=on_epoch)

    assert [sum(e.stack == stack for e in model.history.epochs) for stack in (0, 1)] == [3, 10]
    assert model.history.ending == "stopped early"


def test_on_model__last_epoch__is_the_model_itself() -> None:
    models: list[Model] = []
    config = Settings(target="price", early_stopping=False, schedule="constant", **SMALL)

    def on_model(epoch: Epoch, model: object) -> None:
        if epoch.epoch == 10:
            models.append(model())  # type: ignore[operator]

    model = fit(prices(), config, on_model=on_model)

    np.testing.assert_array_equal(models[0].predict(prices()), model.predict(prices()))


def test_on_model__looking__does_not_change_the_run() -> None:
    config = Settings(target="price", **SMALL | {"dropout": 0.2})

    def look(epoch: Epoch, model: object) -> None:
        model().predict(prices())  # type: ignore[operator]

    seen, unseen = fit(prices(), config, on_model=look), fit(prices(), config)

    np.testing.assert_array_equal(seen.predict(prices()), unseen.predict(prices()))

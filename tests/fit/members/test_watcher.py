"""Watchers of a fit, and the phases that they see."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.fit.members.watcher import RunningStack, Watcher
from netable.train import Epoch, Phase
from small import QUICK, make_table
from watching import Calls

SMALL = QUICK | {"max_epochs": 10}
TWO = tuple({"hidden_layer_sizes": (2 + i,)} for i in range(2))


def prices() -> pa.Table:
    return make_table().select(["size", "age", "price"])


def phases(table: pa.Table, config: Settings) -> list[Phase]:
    seen: list[Phase] = []
    fit(table, config, watchers=[Calls(on_phase=seen.append)])
    return seen


def test_on_phase__one_stack__is_one_phase() -> None:
    assert phases(prices(), Settings(target="price", **SMALL)) == [Phase(False, 1, 10, 1, 0.0, 1.0)]


def test_on_phase__long_tailed_target__is_tried_both_ways() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=600)
    table = pa.table({"x": x, "y": np.exp(2 * x + rng.normal(size=600))})

    seen = phases(table, Settings(target="y", **SMALL))

    assert [phase.is_trial for phase in seen] == [True, True, False]
    assert seen[0].runs == 3
    assert seen[-1].before + seen[-1].share == pytest.approx(1.0)


def test_on_stack_end__every_stack__has_ended_once() -> None:
    ended: list[int] = []

    fit(
        prices(),
        Settings(target="price", stacks=TWO, **SMALL),
        watchers=[Calls(on_stack_end=ended.append)],
    )

    assert sorted(ended) == [0, 1]


def test_on_epoch__returns_true__ends_that_stack() -> None:
    def on_epoch(epoch: Epoch) -> bool:
        return epoch.stack == 0 and epoch.epoch == 3

    model = fit(
        prices(),
        Settings(target="price", stacks=TWO, patience=99, **SMALL),
        watchers=[Calls(on_epoch=on_epoch)],
    )

    assert [sum(e.stack == stack for e in model.history.epochs) for stack in (0, 1)] == [3, 10]
    assert model.history.ending == "stopped early"


class Models(Watcher):
    """Copies models in some epochs."""

    def __init__(self, *epochs: int) -> None:
        self.epochs, self.models = epochs, []

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        if epoch.epoch in self.epochs:
            self.models.append(stack.model())
            self.models[-1].predict(prices())


def test_on_epoch__model_after_the_last_epoch__is_the_model_itself() -> None:
    watcher = Models(10)
    config = Settings(target="price", early_stopping=False, schedule="constant", **SMALL)

    model = fit(prices(), config, watchers=[watcher])

    np.testing.assert_array_equal(watcher.models[0].predict(prices()), model.predict(prices()))


def test_on_epoch__model_copied_in_every_epoch__does_not_change_the_run() -> None:
    config = Settings(target="price", **SMALL | {"dropout": 0.2})

    watched, unwatched = fit(prices(), config, watchers=[Models(*range(1, 11))]), fit(prices(), config)

    np.testing.assert_array_equal(watched.predict(prices()), unwatched.predict(prices()))


def test_on_epoch__stack__has_its_recipe_and_history() -> None:
    rates: list[float] = []
    lengths: list[int] = []

    class Looks(Watcher):
        def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
            rates.append(stack.recipe.lr)
            lengths.append(len(stack.history.epochs))

    fit(prices(), Settings(target="price", **SMALL | {"lr": 0.01}), watchers=[Looks()])

    assert set(rates) == {0.01}
    assert lengths == list(range(1, len(lengths) + 1))


def test_watchers__several__all_see_every_call_and_any_stops_the_stack() -> None:
    seen: list[Epoch] = []

    model = fit(
        prices(),
        Settings(target="price", patience=99, **SMALL),
        watchers=[Calls(on_epoch=lambda epoch: epoch.epoch == 2), Calls(on_epoch=seen.append)],
    )

    assert [epoch.epoch for epoch in seen] == [1, 2]
    assert model.history.ending == "stopped early"

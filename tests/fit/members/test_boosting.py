from __future__ import annotations

from threading import Event
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingRegressor

from netable.config.settings import Settings
from netable.errors import DataWarning
from netable.fit.fit import fit
from netable.fit.members import boosting, growth
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.members.stack import TrainedStack, train_stack
from netable.fit.members.watcher import RunningStack, Watcher
from netable.fit.preparation.prepare import prepare
from netable.fit.preparation.resolve import TREES_A_ROUND
from netable.nn.bodies.trees import ObliviousTrees
from netable.system.agenda import Deadline
from netable.train import Epoch
from small import make_table

TREES: dict[str, Any] = {"model": "trees", "folds": 2}


def steps(rng: np.random.Generator, n_rows: int = 600) -> pa.Table:
    """A target that jumps where two columns cross limits, or the first is missing."""
    X = rng.normal(size=(n_rows, 3))
    X[rng.random(n_rows) < 0.2, 0] = np.nan
    y = np.where(np.isnan(X[:, 0]), 3.0, X[:, 0] > 0.3) + 2 * (X[:, 1] > -0.5) + 0.1 * X[:, 2]
    return pa.table(
        {f"x{i}": pa.array(column, from_pandas=True) for i, column in enumerate(X.T)} | {"y": y + 1}
    )


def grown(table: pa.Table, target: str, *, stop: Event | None = None, **options: Any) -> TrainedStack:
    settings = TREES | {name: options.pop(name) for name in ("loss", "max_epochs") if name in options}
    prepared = prepare(table, Settings(target=target, **settings))
    rows = MemberRows.of(prepared)
    [recipe] = prepared.recipe.of_stacks()
    statistics = learn_member_statistics(prepared, [recipe], rows)
    return train_stack(prepared, recipe, rows, statistics, stop, **options)


def valid_losses(stack: TrainedStack) -> list[float]:
    losses = [epoch.mean_valid_loss for epoch in stack.history.epochs]
    assert None not in losses
    return [float(loss) for loss in losses]


def test_trees__jumps_and_missing_numbers__are_learned_as_by_boosted_trees(rng: np.random.Generator) -> None:
    table, new = steps(rng), steps(rng)

    model = fit(table, Settings(target="y", **TREES))

    X, X_new = (
        np.column_stack([t.column(f"x{i}").to_numpy(zero_copy_only=False) for i in range(3)])
        for t in (table, new)
    )
    y, y_new = table.column("y").to_numpy(), new.column("y").to_numpy()
    peer = HistGradientBoostingRegressor(max_iter=128).fit(X, y).predict(X_new)
    error, other = (np.sqrt(np.mean((p - y_new) ** 2)) for p in (model.predict(new), peer))
    assert error < 1.1 * other < 0.2 * y_new.std()


@pytest.mark.parametrize("target", ["price", "dear", "third"])
def test_trees__every_task__lower_the_held_out_loss(target: str) -> None:
    table = make_table(200).drop_columns([name for name in ("price", "dear", "third") if name != target])

    stack = grown(table, target)

    assert min(valid_losses(stack)) < 0.6 * stack.history.constant_loss


@pytest.mark.parametrize("loss", ["mae", "huber", "poisson", "quantile"])
def test_trees__loss_with_little_curvature_or_none__falls(rng: np.random.Generator, loss: str) -> None:
    stack = grown(steps(rng), "y", loss=loss)

    assert min(valid_losses(stack)) < 0.3 * stack.history.constant_loss


def test_trees__same_seed__same_bits(rng: np.random.Generator) -> None:
    table = steps(rng, 200)

    first, second = (grown(table, "y", max_epochs=2).net.state_dict() for _ in range(2))

    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_trees__fewer_rounds__leave_the_other_trees_zero(rng: np.random.Generator) -> None:
    body = grown(steps(rng, 200), "y", max_epochs=2).net.body

    assert isinstance(body, ObliviousTrees)
    leaves = body.head.weight.view(2, -1, 1 << body.head.depth)
    assert leaves[:, : 2 * TREES_A_ROUND].any(-1).all()
    assert not leaves[:, 2 * TREES_A_ROUND :].any()


def test_trees__rows_of_hardly_any_weight__do_not_count(rng: np.random.Generator) -> None:
    table, weight = steps(rng), np.where(np.arange(600) % 2, 1.0, 1e-6)
    y = table.column("y").to_numpy()
    wrong = table.set_column(3, "y", pa.array(np.where(weight == 1, y, 5 - y))).append_column(
        "w", pa.array(weight)
    )

    model = fit(wrong, Settings(target="y", weight_column="w", **TREES))

    assert np.abs(model.predict(table) - y).mean() < 0.2 * y.std()


def test_trees__deadline_that_is_over__still_give_a_round(rng: np.random.Generator) -> None:
    stack = grown(steps(rng, 200), "y", deadline=Deadline(0.0))

    assert (stack.history.ending, len(stack.history.epochs)) == ("out of time", 1)


def test_trees__asked_to_stop__end_as_they_are(rng: np.random.Generator) -> None:
    stop = Event()

    class Stops(Watcher):
        def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
            assert stack.model().net
            stop.set()

    stack = grown(steps(rng, 200), "y", stop=stop, watcher=Stops())

    assert (stack.history.ending, len(stack.history.epochs)) == ("interrupted", 1)
    with pytest.raises(KeyboardInterrupt):
        grown(steps(rng, 200), "y", stop=stop)


def test_trees__warm_start__grow_anew(rng: np.random.Generator) -> None:
    table = steps(rng, 200)
    settings = Settings(target="y", **TREES)
    first = fit(table, settings)

    again = fit(table, settings, start=first)

    state = again.net.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in first.net.state_dict().items())


def test_trees__means_of_levels__are_those_of_single_columns(rng: np.random.Generator) -> None:
    levels = rng.integers(0, 30, 600)
    table = pa.table(
        {"a": [f"l{level}" for level in levels], "b": rng.normal(size=600), "y": 0.5 * (levels % 7)}
    )
    stacks = ({"model": "trees", "categories": "means"},)

    model = fit(table, Settings(target="y", folds=2, stacks=stacks))

    [stack] = model.net.stacks
    assert stack.encoding.groups.columns.tolist() == [[0, 0]]
    assert stack.body.splits.weight[:, 1].any()  # behind the number b
    assert model.results["valid"]["r2"] > 0.9


def test_trees__more_rows_than_a_tree_takes__are_sampled(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, new = steps(rng), steps(rng)
    for name, most in (("ROWS_A_TREE", 150), ("ROWS_AT_MOST", 250)):
        monkeypatch.setattr(boosting, name, most)
    monkeypatch.setattr(growth, "BINNING_ROWS", 100)

    model = fit(table, Settings(target="y", **TREES))

    y = new.column("y").to_numpy()
    assert np.sqrt(np.mean((model.predict(new) - y) ** 2)) < 0.5 * y.std()


def test_trees__several_targets_and_classes_that_a_member_never_meets__are_predicted(
    rng: np.random.Generator,
) -> None:
    table = steps(rng, 120)
    two = table.append_column("z", pa.array(-table.column("y").to_numpy()))
    rare = table.set_column(3, "y", pa.array(["a", "b"] * 59 + ["c", "d"]))

    both = fit(two, Settings(target=("y", "z"), **TREES))
    with pytest.warns(DataWarning, match="with a single row"):
        classes = fit(rare, Settings(target="y", **TREES))

    assert np.isfinite(both.predict(two)).all()
    assert classes.predict_proba(rare).shape == (120, 4)

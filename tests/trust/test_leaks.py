"""Traps planted in held-out rows, which the members that are measured on them must not see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import log_loss, r2_score, roc_auc_score

from netable.comparison.run import compare_table
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.fit.members.stacks import train_members
from netable.fit.preparation.prepare import prepare
from netable.table.split import fold_parts

ROWS = 1200
# Two stacks, so that a blend is chosen as well.
SETTINGS: dict[str, Any] = {
    "target": "y",
    "max_epochs": 6,
    "optimizer": "adamw",
    "batch_size": 128,
    "lr": 0.02,
    "hidden_layer_sizes": (16,),
    "stacks": ({"embedding": "bins"}, {"embedding": "periodic"}, {"model": "trees"}),
    "folds": 4,
}
# What a column that tells nothing may save of a loss by chance.
CHANCE = 0.1
NONE = np.arange(0)
Rows = NDArray[np.int64]
SPLITS: dict[str, dict[str, Any]] = {
    "folds": {},
    "hold-out": {"folds": 1, "validation_fraction": 0.4},
    "groups": {"group_column": "g"},
    "time": {"time_column": "t"},
}


def noise_table(task: str, *, seed: int = 0) -> pa.Table:
    """Columns of which none tells anything of the target."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=ROWS) if task == "regression" else rng.choice(["no", "yes"], ROWS)
    columns = {"x": rng.normal(size=ROWS), "c": rng.choice(list("abcd"), ROWS), "y": y}
    return pa.table(
        columns | {"g": rng.integers(0, 60, ROWS).astype(str).astype(object), "t": rng.normal(size=ROWS)}
    )


def answers(table: pa.Table) -> NDArray[np.float64]:
    """The target as numbers of about one deviation."""
    y = table.column("y").to_numpy(zero_copy_only=False)
    numbers: NDArray[np.float64] = y if y.dtype == np.float64 else 2.0 * (y == "yes") - 1.0
    return numbers


def planted(table: pa.Table, rows: Rows, train: Rows) -> pa.Table:
    """A column that is the target in these rows, and in training rows noise of the same kind that tells nothing."""
    y = answers(table)
    leak = np.random.default_rng(9).permutation(y)
    if len(train):
        own = y[train]
        if len(np.unique(own)) == 2:  # each class has half of its rows of either kind
            order = np.lexsort((leak[train], own))
            leak[train[order]] = np.where(np.arange(len(train)) % 2, 1.0, -1.0)
        else:
            leak[train] -= np.polyval(np.polyfit(own, leak[train], 1), own)
    leak[rows] = y[rows]
    return table.append_column("leak", pa.array(leak))


def gain(table: pa.Table, found: pa.Table, rows: Rows) -> float:
    """The share of a constant's loss that predictions save on these rows: 1 if all, 0 if none."""
    y = answers(table)[rows]
    if "proba_yes" in found.column_names:
        said = found.column("proba_yes").to_numpy()[rows]
        return 1 - float(log_loss(y > 0, said) / log_loss(y > 0, np.full(len(rows), (y > 0).mean())))
    return float(r2_score(y, found.column("prediction").to_numpy()[rows]))


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_leak__target_planted_in_rows_that_judge__is_not_seen_by_who_they_judge(
    task: str, split: str
) -> None:
    table, config = noise_table(task), Settings(**(SETTINGS | SPLITS[split]))
    plan = prepare(planted(table, NONE, NONE), config, None, None, None).plan
    # In order of time every later member may learn from the rows of an earlier one; of a hold-out, one half is planted.
    held = plan.held_out[-1]
    train = plan.train_rows[held.member]
    assert not np.isin(held.rows, train).any()

    model = fit(planted(table, held.rows, train), config)
    everywhere = fit(planted(table, np.arange(ROWS), NONE), config)

    assert model.out_of_fold is not None
    assert everywhere.out_of_fold is not None
    assert gain(table, model.out_of_fold, held.rows) < CHANCE
    # Where it may be learned from, it is.
    assert gain(table, everywhere.out_of_fold, held.rows) > 5 * CHANCE


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_leak__target_planted_in_a_validation_table__is_not_learned(task: str) -> None:
    table, valid, config = noise_table(task), noise_table(task, seed=1), Settings(**SETTINGS)
    plan = prepare(table, config, valid, None, None).plan
    half = plan.held_out[0].rows - ROWS  # the other half chooses the epoch that it is judged at

    learned = planted(table, NONE, np.arange(ROWS))
    model = fit(learned, config, valid_table=planted(valid, half, np.setdiff1d(np.arange(ROWS), half)))

    assert model.out_of_fold is not None
    assert gain(valid, model.out_of_fold, half) < CHANCE


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("kind", ["category", "number"])
def test_leak__identifier_of_each_row_and_random_labels__score_at_chance(kind: str, split: str) -> None:
    table = noise_table("binary", seed=2)
    names = np.random.default_rng(3).permutation(ROWS)
    own = pa.array([f"row {i}" for i in names]) if kind == "category" else pa.array(names.astype(float))
    table = table.append_column("id", own)

    model = fit(table, Settings(**(SETTINGS | SPLITS[split] | {"kinds": {"id": kind}})))

    assert "id" in model.results["used"]
    assert model.out_of_fold is not None
    judged = np.flatnonzero(model.out_of_fold.column("fold").is_valid().to_numpy(zero_copy_only=False))
    yes = answers(table)[judged] > 0
    error = np.sqrt(
        (len(judged) + 1) / (12 * yes.sum() * (~yes).sum())
    )  # of an area under the curve, by chance
    found = roc_auc_score(yes, model.out_of_fold.column("proba_yes").to_numpy()[judged])
    assert abs(found - 0.5) < 3.5 * error
    assert model.results["valid"]["log_loss"] > np.log(2) - 0.01


@pytest.mark.parametrize(
    ("target_transform", "split"), [("none", "folds"), ("log", "folds"), ("log", "groups"), ("log", "time")]
)
def test_leak__targets_of_held_out_rows__change_no_bit_of_the_member(
    target_transform: str, split: str
) -> None:
    table = noise_table("regression")
    table = table.set_column(2, "y", pa.array(np.exp(answers(table))))
    # Early stopping is the one way: a member's epoch is chosen by other folds, whose members have seen its own.
    settings = SETTINGS | SPLITS[split] | {"early_stopping": False, "target_transform": target_transform}
    before = prepare(table, Settings(**settings), None, None, None)
    held = before.plan.held_out[-1]
    y = before.rows.y.copy()
    y[held.rows] = np.random.default_rng(0).permutation(y[held.rows])
    after = replace(before, rows=replace(before.rows, y=y))
    first, second = train_members(before), train_members(after)

    assert not torch.equal(state(first, 0), state(second, 0)) or split == "time"
    assert np.array_equal(first.outcome[held.rows], second.outcome[held.rows]) or split != "time"
    if split == "time":  # the members of the model have seen all rows; the outcome is by those that score
        return
    assert torch.equal(state(first, held.member), state(second, held.member))
    for mine, other in zip(first.objective.scale or (), second.objective.scale or (), strict=True):
        assert mine is None or torch.equal(mine[held.member], other[held.member])


def state(trained: Any, member: int) -> torch.Tensor:
    """All weights and statistics of a member in every stack."""
    columns = {"inputs.bins.0.columns", "inputs.bins.1.columns"}
    own = [
        value[member].flatten().double()
        for net in trained.net.stacks
        for name, value in net.state_dict().items()
        if name not in columns
    ]
    return torch.cat(own)


def test_leak__target_planted_in_an_outer_fold__is_not_seen_by_any_method() -> None:
    table = noise_table("regression")
    config = Settings(**(SETTINGS | {"folds": 2, "effort": "fast"}))
    part = fold_parts(ROWS, 3, seed=config.seed)[1]

    found = compare_table(planted(table, *reversed(part)), config, outer_folds=3, methods=["linear", "auto"])

    y = answers(table)[part.valid]
    for method in found.methods:  # the other folds learn from those rows, and see it
        assert method.by_fold[1] > (1 - CHANCE / 2) * y.std()

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from netable.config.settings import Settings
from netable.errors import ConfigError, TrainingError, TrainingWarning
from netable.fit.fit import fit
from netable.fit.members.first_members import seeds
from netable.fit.members.member_rows import MemberRows
from netable.fit.members.stacks import train_members
from netable.fit.preparation.prepare import PARTS, prepare
from netable.model.file import load, save
from netable.model.model import Model
from preparation import first, prepared, set_rows, table_of
from small import QUICK, make_table


def test_member_rows__class_weights__weigh_in_training_only(rng: np.random.Generator) -> None:
    table = table_of(rng, y=np.where(rng.random(120) < 0.25, "rare", "often"))
    p = prepared(table, class_weight={"rare": 5.0})
    rows = MemberRows.of(p)
    rare = table.column("y").to_numpy(zero_copy_only=False) == "rare"

    assert rows.weight.tolist() == [1.0] * 120
    assert rows.training_weight.tolist() == np.where(rare, 1.0, 0.2).tolist()  # in proportion


def test_member_rows__learned__is_who_learns_from_what(rng: np.random.Generator) -> None:
    p = prepared(table_of(rng), folds=3)
    learned = MemberRows.of(p).learned.numpy()

    for member, held in enumerate(p.plan.held_out):
        assert not learned[member, held.rows].any()
        assert learned[member, p.plan.train_rows[member]].all()


def test_member_rows__parts__are_the_held_out_ones_or_random(rng: np.random.Generator) -> None:
    p = prepared(table_of(rng), folds=3)
    one = prepared(table_of(rng), folds=1)

    assert MemberRows.of(p).parts.tolist() == (p.plan.part_of_rows(120) + 1).tolist()
    held_out = one.plan.part_of_rows(120) >= 0
    parts = MemberRows.of(one).parts.numpy()
    assert not parts[held_out].any()
    assert set(parts[~held_out]) == set(range(1, PARTS + 1))


def levels_and_noise(rng: np.random.Generator, effect: float) -> pa.Table:
    """A column of 300 levels, each in about four rows, whose mean targets spread by `effect` noises."""
    level = rng.integers(0, 300, 1200)
    y = effect * rng.normal(size=300)[level] + rng.normal(size=1200)
    return pa.table({"place": [f"place {i}" for i in level], "x": rng.normal(size=1200), "y": y})


def error_of(table: pa.Table, **settings: Any) -> float:
    p = prepared(table, hidden_layer_sizes=(32,), folds=3, **settings)
    outcome = train_members(p).outcome
    return float(np.mean((outcome - p.rows.y) ** 2) / p.rows.y.var())


def test_train_members__means_of_many_levels__are_learned_from_few_rows(rng: np.random.Generator) -> None:
    table = levels_and_noise(rng, effect=1.0)

    means, levels = (error_of(table, categories=categories) for categories in ("means", "levels"))

    # Half of the variance is noise, and a mean of two or three rows keeps much of it.
    assert means < 0.8
    assert means < levels - 0.02


def test_train_members__means_of_noise__are_not_believed(rng: np.random.Generator) -> None:
    assert error_of(levels_and_noise(rng, effect=0.0), categories="means") < 1.03


def test_train_members__warm_start__keeps_the_pairs_that_have_means(rng: np.random.Generator) -> None:
    def pairs_of(model: Model) -> list[list[int]]:
        encoding = model.net.stacks[0].encoding
        assert encoding is not None
        return encoding.formed.columns.tolist()

    # Of 10 and 12 levels, together with 7 numbers: first their pairs are repeated most, then they say the same.
    a, b, x = (rng.integers(0, n, 1200) for n in (10, 12, 7))
    tables = [
        pa.table(
            {"a": a.astype(str), "b": other.astype(str), "x": x.astype(float), "y": rng.normal(size=1200)}
        )
        for other in (b, np.where(b >= 10, b, a))
    ]
    settings = Settings(target="y", categories="means", max_epochs=2, folds=2)
    first, alone = (fit(table, settings) for table in tables)

    assert pairs_of(first) != pairs_of(alone)
    assert pairs_of(fit(tables[1], settings, start=first)) == pairs_of(first)


def test_train_members__columns_of_means__are_the_same_after_saving(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    table = levels_and_noise(rng, effect=1.0)
    model = fit(table, Settings(target="y", categories="means", max_epochs=2, folds=2))
    save(model, tmp_path / "m.netable")
    some = table.drop_columns(["y"]).slice(0, 50)

    again = load(tmp_path / "m.netable")
    one_by_one = [again.predict(some.slice(i, 1))[0] for i in range(5)]

    assert (again.predict(some) == model.predict(some)).all()
    np.testing.assert_allclose(one_by_one, model.predict(some)[:5], rtol=1e-5)


@pytest.mark.bad_input(91)
@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
@pytest.mark.parametrize("n_rows", [60, 120])
def test_train_members__device_that_is_not_here__is_refused(rng: np.random.Generator, n_rows: int) -> None:
    message = r"^device 'cuda' is not available on this machine; device='auto' takes what there is\.$"
    with pytest.raises(ConfigError, match=message):
        train_members(prepared(table_of(rng, n_rows), device="cuda", **QUICK))


def test_train_members__tiny__one_member_of_all_rows_in_float64(rng: np.random.Generator) -> None:
    trained = train_members(prepared(table_of(rng, 40), max_epochs=3, hidden_layer_sizes=(4,)))

    assert {p.dtype for p in trained.net.parameters()} == {torch.float64}
    assert len(trained.net.stacks[0].inputs.center) == 1
    assert len(trained.history.epochs) == 3
    assert not np.isnan(trained.outcome).any()


def test_train_members__network__is_ready_to_predict(rng: np.random.Generator) -> None:
    net = train_members(prepared(table_of(rng), **QUICK)).net

    assert not net.training
    assert not any(p.requires_grad for p in net.parameters())
    assert all(getattr(part, "generator", None) is None for part in net.modules())


def test_train_members__early_stopping_in_folds__each_member_stops_by_the_others_losses(
    rng: np.random.Generator,
) -> None:
    settings = {"max_epochs": 12, "hidden_layer_sizes": (16,), "folds": 3, "lr": 0.05, "patience": 12}
    history = train_members(prepared(table_of(rng), **settings)).history
    losses = np.array(
        [epoch.valid_loss for epoch in history.epochs]
    )  # (epochs, parts); parts of 40 rows each

    for member, best in enumerate(history.best_epochs):
        others = np.delete(losses, member, axis=1).mean(1)
        assert best == 1 + others.argmin()


def test_train_members__hold_out__each_half_is_predicted_by_what_the_other_chose(
    rng: np.random.Generator,
) -> None:
    settings = {"max_epochs": 12, "hidden_layer_sizes": (16,), "folds": 1, "lr": 0.05, "patience": 12}
    history = train_members(prepared(table_of(rng), **settings)).history
    losses = np.array([epoch.valid_loss for epoch in history.epochs])  # (epochs, halves)

    both, by_second, by_first = history.best_epochs
    assert both == 1 + losses.mean(1).argmin()
    assert by_first == 1 + losses[:, 0].argmin()
    assert by_second == 1 + losses[:, 1].argmin()


@pytest.mark.parametrize("folds", [1, 3])
def test_train_members__outcome__is_what_the_weights_that_others_chose_say(
    rng: np.random.Generator, folds: int
) -> None:
    settings = {"max_epochs": 12, "hidden_layer_sizes": (16,), "folds": folds, "lr": 0.1, "patience": 12}
    p = prepared(table_of(rng), seed=3, **settings)
    trained = train_members(p)
    losses = np.array([epoch.valid_loss for epoch in trained.history.epochs])  # (epochs, parts), standardized
    best = trained.history.best_epochs

    for part, held in enumerate(p.plan.held_out):
        deviation = p.rows.y[p.plan.train_rows[held.member]].std()
        error = (trained.outcome[held.rows] - p.rows.y[held.rows]) / deviation
        assert (error**2).mean() == pytest.approx(losses[best[held.predicted_by] - 1, part], rel=1e-4)


def test_train_members__noise_of_training__has_a_seed_of_its_own(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    p = prepared(table_of(rng), **QUICK)
    first = train_members(p).outcome
    init, order, noise = seeds(p.recipe)
    monkeypatch.setattr("netable.fit.members.stack.seeds", lambda _: (init, order, noise + 1))

    assert not (train_members(p).outcome == first).all()


def test_train_members__missing_and_unseen__are_learned_where_training_has_neither(
    rng: np.random.Generator,
) -> None:
    net = train_members(prepared(table_of(rng, 400), **QUICK | {"max_epochs": 20})).net
    [stack] = net.stacks
    first = stack.body.linears[0]
    special = first.weight[:, stack.inputs.rare]  # flags of missing numbers, missing and unseen levels

    assert special.shape[1] == 3
    assert (special.abs().sum(-1) > 0).all()


def test_train_members__start__goes_on_from_its_weights(rng: np.random.Generator) -> None:
    table = table_of(rng)
    first = fit(table, Settings(target="y", **QUICK | {"max_epochs": 10, "lr": 0.02}))
    scratch, warm = (
        train_members(prepared(table, **QUICK), start=start).history.epochs[0] for start in (None, first)
    )

    assert np.mean(warm.train_loss) < np.mean(scratch.train_loss)


def test_train_members__start_with_fewer_members__takes_them_in_turn(rng: np.random.Generator) -> None:
    table = table_of(rng)
    first = fit(table, Settings(target="y", **QUICK))
    settings = QUICK | {"folds": 4, "lr": 1e-30, "max_epochs": 1, "weight_decay": 0.0}
    again = train_members(prepared(table, **settings), start=first).net

    for mine, theirs in zip(again.parameters(), first.net.parameters(), strict=True):
        assert torch.allclose(mine, theirs[[0, 1, 0, 1]], rtol=0, atol=1e-20)


@pytest.mark.parametrize("change", ["renamed", "levels", "classes", "layers", "kinds"])
def test_train_members__start_of_other_columns__is_refused(rng: np.random.Generator, change: str) -> None:
    table = table_of(rng, y=rng.choice(["p", "q"], 120))
    start = fit(table, Settings(target="y", **QUICK))
    settings: dict[str, Any] = dict(QUICK)
    if change == "renamed":
        table = table.rename_columns(["z", "c", "y"])
    elif change == "levels":
        table = set_rows(
            table, "c", np.flatnonzero(table.column("c").to_numpy(zero_copy_only=False) == "a"), "d"
        )
    elif change == "classes":
        table = set_rows(
            table, "y", np.flatnonzero(table.column("y").to_numpy(zero_copy_only=False) == "p"), "r"
        )
    elif change == "kinds":
        settings["kinds"] = {"x": "category"}
        table = set_rows(table, "x", np.arange(120), np.arange(120) % 2)
    else:
        settings["hidden_layer_sizes"] = (5,)
    message = r"^warm_start needs the same columns, levels, classes, loss and layers as the last fit\.$"
    with pytest.raises(ConfigError, match=message):
        train_members(prepared(table, **settings), start=start)


@pytest.mark.bad_input(93)
def test_train_members__steps_too_large_from_the_first__is_a_training_error(rng: np.random.Generator) -> None:
    message = (
        r"^The loss of member .* is not finite at step \d+ of epoch 1, .* Try a lower lr, or clip_norm=1\.$"
    )
    with pytest.raises(TrainingError, match=message):
        train_members(prepared(table_of(rng), lr=1e30, optimizer="sgd", batch_size=16, **QUICK))


@pytest.mark.bad_input(93)
@pytest.mark.parametrize("early_stopping", [True, False])
def test_train_members__steps_too_large_later__the_best_weights_before_are_kept(
    rng: np.random.Generator, early_stopping: bool
) -> None:
    settings = {"lr": 5.0, "optimizer": "sgd", "model": "linear", "schedule": "constant", "folds": 2}
    p = prepared(table_of(rng), max_epochs=150, patience=150, early_stopping=early_stopping, **settings)
    with pytest.warns(TrainingWarning, match=r"not finite .* The best weights before it are kept\.$"):
        trained = train_members(p)

    assert trained.history.ending == "diverged"
    assert np.abs(trained.outcome).max() < 100  # what the last weights before the overflow say is far beyond
    assert all(float(parameter.abs().max()) < 100 for parameter in trained.net.parameters())


def test_train_members__held_out_rows_of_no_weight__do_not_leave_an_untrained_network(
    rng: np.random.Generator,
) -> None:
    table = table_of(rng)
    plan = prepared(table, **QUICK | {"folds": 1}).plan
    weight = np.ones(120)
    for held in plan.held_out:
        weight[held.rows] = 0
    config = Settings(target="y", **QUICK | {"folds": 1, "max_epochs": 5})
    p = prepare(table, config, None, weight, None)
    untrained = first(p)[0]
    trained = train_members(p)

    assert trained.history.best_epochs == [5, 5, 5]
    for before, after in zip(untrained.parameters(), trained.net.parameters(), strict=True):
        assert not torch.equal(before, after)


def test_train_members__linear_model__has_no_hidden_layer_and_standard_scales(
    rng: np.random.Generator,
) -> None:
    net = train_members(prepared(table_of(rng), model="linear", **QUICK)).net

    [stack] = net.stacks
    assert len(stack.body.blocks) == 0
    assert not stack.inputs.smooth_clip


def test_train_members__many_kinds_of_columns__all_reach_the_network() -> None:
    table = make_table().drop_columns(["rooms", "dear", "third"])
    p = prepared(table, target="price", **QUICK)
    net = train_members(p).net

    assert net.stacks[0].inputs.center.shape == (2, p.encoder.d_num)
    assert {"size", "age", "garden"} < set(p.encoder.number_names)
    assert p.encoder.category_names == ("도시",)

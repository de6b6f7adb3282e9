from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from sklearn import metrics as sk

from netable.compute import threads as parallel
from netable.compute.threads import torch_threads
from netable.config.settings import Settings, config_from
from netable.errors import ConfigError
from netable.fit.fit import fit
from netable.fit.members import stacks as ensemble
from netable.fit.members.blend import blend_out_of_fold
from netable.fit.members.phases import shares_of_stacks
from netable.fit.members.stacks import train_members
from netable.fit.preparation.prepare import prepare
from netable.fit.preparation.resolve import TRIAL_SHARE
from netable.fit.preparation.usual_stacks import COUNTS
from netable.model.file import load, save
from netable.model.model import Model
from netable.system.agenda import Deadline
from netable.train import Epoch
from netable.train.step import train_step
from small import make_table
from watching import Calls

TWO = ({"embedding": "bins"}, {"embedding": "periodic", "activation": "gelu", "seed": 3})
SMALL: dict[str, Any] = {"hidden_layer_sizes": (4,), "folds": 2, "max_epochs": 3, "precision": "float32"}
LEARNS_LOG = SMALL | {"max_epochs": 60, "hidden_layer_sizes": (16,), "optimizer": "adamw", "batch_size": 128}


def prices(n_rows: int = 120) -> pa.Table:
    return make_table(n_rows).drop_columns(["rooms", "dear", "third"])


def classes(n_rows: int = 120) -> pa.Table:
    return make_table(n_rows).drop_columns(["rooms", "price", "third"])


def skewed(n_rows: int = 520) -> pa.Table:
    """A target whose logarithm is a line, with a tail so long that a trial is made."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, n_rows))
    return pa.table({"a": x[0], "b": x[1], "y": np.exp(1.5 * x[0] + x[1])})


def column(table: pa.Table | None, name: str) -> np.ndarray:
    assert table is not None
    return table.column(name).to_numpy(zero_copy_only=False)


def state(model: Model) -> dict[str, torch.Tensor]:
    return model.net.state_dict()


def same_bits(first: Model, second: Model) -> bool:
    mine, other = state(first), state(second)
    return mine.keys() == other.keys() and all(torch.equal(mine[name], other[name]) for name in mine)


@pytest.fixture(scope="module")
def two_stacks() -> Model:
    return fit(prices(), Settings(target="price", stacks=TWO, **SMALL))


@pytest.fixture(scope="module")
def best() -> Model:
    return fit(prices(), Settings(target="price", effort="best", **SMALL | {"max_epochs": 5}))


# The same seed


@pytest.mark.parametrize("table", [prices(), classes()], ids=["regression", "binary"])
def test_ensemble__same_seed__same_bits_with_one_thread_and_with_two(
    table: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "usable_cores", lambda: 2)
    models = []
    for threads in (1, 2, 2):
        with torch_threads(threads):
            models.append(fit(table, Settings(target=table.column_names[-1], stacks=TWO, **SMALL)))
            assert torch.get_num_threads() == threads

    assert same_bits(models[0], models[1])
    assert same_bits(models[1], models[2])
    assert models[0].out_of_fold == models[1].out_of_fold == models[2].out_of_fold
    assert [e[:4] for e in models[0].history.epochs] == [e[:4] for e in models[1].history.epochs]


@pytest.mark.parametrize("stack", [0, 1])
def test_ensemble__other_seed__has_other_weights(stack: int) -> None:
    config = Settings(target="price", stacks=({"embedding": "bins"}, {"embedding": "periodic"}), **SMALL)
    first, other = (
        fit(prices(), config_from(config.to_dict() | {"seed": seed})).net.stacks[stack] for seed in (0, 1)
    )

    mine = dict(other.named_parameters())
    assert not any(torch.equal(p, mine[name]) for name, p in first.named_parameters() if p.numel() > 8)


def test_ensemble__stacks__are_those_trained_alone_and_blended(two_stacks: Model) -> None:
    alone = [fit(prices(), Settings(target="price", stacks=(own,), **SMALL)) for own in TWO]

    for mine, single in zip(two_stacks.net.stacks, alone, strict=True):
        for name, tensor in single.net.stacks[0].state_dict().items():
            assert torch.equal(mine.state_dict()[name], tensor)
    y, fold = column(prices(), "price")[:, None], column(two_stacks.out_of_fold, "fold")
    outcomes = np.stack([column(single.out_of_fold, "prediction")[:, None] for single in alone])
    weights, outcome, _ = blend_out_of_fold(
        outcomes, lambda o, rows: ((y[rows] - o) ** 2).mean(-1), np.ones(len(y)), fold
    )
    assert [own["weight"] for own in two_stacks.results["stacks"]] == pytest.approx(weights.tolist())
    np.testing.assert_allclose(column(two_stacks.out_of_fold, "prediction"), outcome[:, 0])


def test_ensemble__prediction__is_the_weighted_mean_of_members(two_stacks: Model) -> None:
    table = prices()
    encoded = two_stacks.encode(two_stacks.read(table))
    output = two_stacks.net(torch.from_numpy(encoded.numbers), torch.from_numpy(encoded.codes))
    members = two_stacks.objective.predict(output)[..., 0]

    weights = two_stacks.net.weights.double()
    np.testing.assert_allclose(two_stacks.predict(table), (weights @ members).numpy(), rtol=1e-6)


def test_ensemble__weights__sum_to_one_and_are_told(two_stacks: Model) -> None:
    told = two_stacks.results["stacks"]

    assert [(own["embedding"], own["activation"], own["seed"]) for own in told] == [
        ("bins", "relu", 0),
        ("periodic", "gelu", 3),
    ]
    assert sum(own["weight"] for own in told) == pytest.approx(1, abs=1e-3)
    assert two_stacks.net.weights.sum().item() == pytest.approx(1)
    by_stack = two_stacks.net.weights.view(2, 2)
    assert by_stack.sum(1).tolist() == pytest.approx([own["weight"] for own in told], abs=1e-4)
    assert torch.equal(by_stack[:, 0], by_stack[:, 1])
    assert two_stacks.results["members"] == 4


def test_ensemble__on_epoch__hears_of_every_stack() -> None:
    seen: list[Epoch] = []
    model = fit(
        prices(), Settings(target="price", stacks=TWO, **SMALL), watchers=[Calls(on_epoch=seen.append)]
    )

    assert sorted((e.stack, e.epoch) for e in seen) == [(s, e) for s in (0, 1) for e in (1, 2, 3)]
    assert sorted(seen) == sorted(model.history.epochs)


# Honest figures


def test_figures__regression__are_those_of_the_out_of_fold_table(two_stacks: Model) -> None:
    y, told = column(prices(), "price"), column(two_stacks.out_of_fold, "prediction")
    valid = two_stacks.results["valid"]

    assert valid["rmse"] == pytest.approx(sk.root_mean_squared_error(y, told))
    assert valid["mae"] == pytest.approx(sk.mean_absolute_error(y, told))
    assert valid["r2"] == pytest.approx(sk.r2_score(y, told))


def test_figures__classes__are_those_of_the_out_of_fold_table() -> None:
    model = fit(classes(), Settings(target="dear", stacks=TWO, **SMALL))
    y, told = column(classes(), "dear") == "yes", column(model.out_of_fold, "proba_yes")

    assert model.results["valid"]["log_loss"] == pytest.approx(sk.log_loss(y, told))
    assert model.results["valid"]["roc_auc"] == pytest.approx(sk.roc_auc_score(y, told))


@pytest.mark.parametrize("settings", [{"folds": 3}, {"folds": 1}])
def test_out_of_fold__target_of_a_row__does_not_touch_its_own_prediction(
    settings: dict[str, int],
) -> None:
    table = prices(150)
    config = Settings(target="price", stacks=TWO, **SMALL | settings)
    before = fit(table, config)
    fold = column(before.out_of_fold, "fold")
    judged = np.flatnonzero(~np.isnan(fold))[:1]
    y = column(table, "price").copy()
    y[judged] += 3.0
    after = fit(table.set_column(table.column_names.index("price"), "price", pa.array(y)), config)

    told = [column(model.out_of_fold, "prediction") for model in (before, after)]
    assert np.array_equal(column(after.out_of_fold, "fold"), fold, equal_nan=True)
    assert told[0][judged] == told[1][judged]
    if settings["folds"] > 1:  # those of rows that learn from it change
        assert (told[0] != told[1]).any()


# Variants of `best`


def test_best__stacks__are_those_that_a_blend_uses(best: Model) -> None:
    tried = prepare(prices(), best.asked.settings).recipe.stacks

    assert [own for own in tried if own in best.recipe.stacks] == list(best.recipe.stacks)
    assert len(best.recipe.stacks) == len(best.net.stacks) == len(best.results["stacks"]) <= len(tried)
    assert best.net.weights.sum().item() == pytest.approx(1)


def test_many_stacks__those_that_no_blend_uses__are_left_out() -> None:
    same_constants = tuple({"lr": 1e-12, "weight_decay": 0.0, "seed": seed} for seed in range(4))

    model = fit(prices(), Settings(target="price", stacks=(TWO[0], *same_constants), **SMALL))

    assert model.recipe.stacks[0] == TWO[0]
    assert len(model.recipe.stacks) == len(model.net.stacks) == len(model.results["stacks"]) <= 2
    assert model.net.weights.sum().item() == pytest.approx(1)


def test_best__resolved_configuration__repeats_the_model(best: Model) -> None:
    again = fit(prices(), config_from(best.recipe.to_dict()))

    assert same_bits(best, again)
    assert again.out_of_fold == best.out_of_fold
    assert again.recipe.to_dict() == best.recipe.to_dict()


def test_best__nothing_held_out__weighs_all_stacks_alike() -> None:
    settings = SMALL | {"folds": 1, "early_stopping": False, "max_epochs": 1}
    model = fit(prices(), Settings(target="price", effort="best", **settings))

    count = COUNTS["best"] + 1
    assert model.results["valid"] == {}
    assert [own["weight"] for own in model.results["stacks"]] == [round(1 / count, 4)] * count


# The trial of a logarithm


def test_log_trial__long_tail__is_learned_as_its_logarithm_where_that_is_better() -> None:
    model = fit(skewed(), Settings(target="y", **LEARNS_LOG))

    assert model.recipe.target_transform == "log"
    again = fit(skewed(), config_from(model.recipe.to_dict()))
    assert same_bits(model, again)


def test_log_trial__nothing_held_out__is_not_decided_and_not_warned_of() -> None:
    settings = SMALL | {"folds": 1, "early_stopping": False}
    model = fit(skewed(), Settings(target="y", **settings))

    assert model.recipe.target_transform == "none"
    assert np.isfinite(model.predict(skewed())).all()


# Endings


def interrupt_once(when: Callable[[Epoch], bool], told: list[Epoch]) -> Callable[[Epoch], None]:
    interrupted: list[bool] = []

    def on_epoch(epoch: Epoch) -> None:
        told.append(epoch)
        if when(epoch) and not interrupted:
            interrupted.append(True)
            raise KeyboardInterrupt

    return on_epoch


def test_time_limit__ends_the_run_with_a_usable_model() -> None:
    settings = SMALL | {"max_epochs": 1_000_000, "patience": 1_000_000}
    model = fit(prices(), Settings(target="price", stacks=TWO, time_limit=0.5, **settings))

    assert model.history.ending == model.results["ending"] == "out of time"
    assert len(model.net.stacks) == 2
    assert np.isfinite(model.predict(prices())).all()
    assert np.isfinite(model.results["valid"]["rmse"])
    assert model.recipe.time_limit == 0.5


@pytest.mark.parametrize(
    ("table", "settings", "shares"),
    [
        (prices(), {"stacks": TWO}, [1.0]),
        (skewed(), {"stacks": TWO}, [TRIAL_SHARE, TRIAL_SHARE, 1 - 2 * TRIAL_SHARE]),
    ],
)
def test_deadline__phases_one_after_the_other__share_the_time(
    table: pa.Table, settings: dict[str, Any], shares: Sequence[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    ends: list[float] = []
    run_side_by_side, train_stack = ensemble.run_side_by_side, ensemble.train_stack

    def spied_phase(*args: Any, **options: Any) -> Any:
        ends.append(0.0)
        stacks = run_side_by_side(*args, **options)
        now[0] = ends[-1]
        return stacks

    def spied_stack(*args: Any, deadline: Deadline, **options: Any) -> Any:
        ends[-1] = max(ends[-1], deadline.at)
        return train_stack(*args, **options)

    monkeypatch.setattr("netable.system.agenda.perf_counter", lambda: now[0])
    monkeypatch.setattr(ensemble, "run_side_by_side", spied_phase)
    monkeypatch.setattr(ensemble, "train_stack", spied_stack)
    config = Settings(target=table.column_names[-1], **SMALL | {"max_epochs": 1} | settings)
    train_members(prepare(table, config), deadline=Deadline(1000.0))

    assert np.diff(ends, prepend=0.0) == pytest.approx([1000 * share for share in shares])


@pytest.mark.parametrize(
    ("cores", "shares"),
    [
        (1, [1 / 2.1, 1 / 1.1, 1.0]),
        (2, [1 / 1.1, 1.0, 1.0]),
        (3, [1.0, 1.0, 1.0]),
    ],
)
def test_deadline__stacks_that_wait_for_a_core__have_a_share_left(
    cores: int, shares: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks = ({"embedding": "bins"}, {"embedding": "periodic"}, {"model": "linear"})
    recipes = prepare(prices(), Settings(target="price", stacks=stacks, **SMALL)).recipe.of_stacks()
    monkeypatch.setattr(parallel, "free_cores", lambda: cores)

    assert shares_of_stacks(recipes, torch.device("cpu")) == pytest.approx(shares)


def test_interrupt__from_on_epoch__every_stack_keeps_what_there_is() -> None:
    def on_epoch(epoch: Epoch) -> None:
        if epoch.epoch == 3:
            raise KeyboardInterrupt

    config = Settings(target="price", stacks=TWO, **SMALL | {"max_epochs": 50})
    model = fit(prices(), config, watchers=[Calls(on_epoch=on_epoch)])

    assert model.history.ending == model.results["ending"] == "interrupted"
    assert sorted((e.stack, e.epoch) for e in model.history.epochs) == [
        (s, e) for s in (0, 1) for e in (1, 2, 3)
    ]
    assert np.isfinite(model.predict(prices())).all()


def test_interrupt__before_a_stack_has_anything_to_show__leaves_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(net: Any, *args: Any) -> torch.Tensor:
        if net.inputs.waves is not None:
            raise KeyboardInterrupt
        return train_step(net, *args)

    monkeypatch.setattr("netable.train.loop.train_step", interrupted)
    model = fit(prices(), Settings(target="price", stacks=TWO, **SMALL))

    assert model.recipe.stacks == TWO[:1]
    assert [own["weight"] for own in model.results["stacks"]] == [1.0]
    assert model.net.weights.tolist() == [0.5, 0.5]
    assert np.isfinite(model.predict(prices())).all()


def test_interrupt__before_any_stack_has_anything_to_show__is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("netable.train.loop.train_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(prices(), Settings(target="price", stacks=TWO, **SMALL))


@pytest.mark.parametrize("trial", ["none", "log"])
def test_interrupt__while_a_logarithm_is_tried__ends_the_fit(trial: str) -> None:
    told: list[Epoch] = []
    # Two trials of four epochs each.
    nth = {"none": 2, "log": 6}[trial]
    on_epoch = interrupt_once(lambda _: len(told) == nth, told)
    model = fit(
        skewed(),
        Settings(target="y", stacks=TWO, **SMALL | {"max_epochs": 20}),
        watchers=[Calls(on_epoch=on_epoch)],
    )

    assert len(told) == nth
    assert model.history.ending == model.results["ending"] == "interrupted"
    assert (model.recipe.target_transform, model.recipe.stacks) == (trial, TWO[:1])
    assert np.isfinite(model.predict(skewed())).all()


# The file


def test_model_file__two_stacks_of_bins__predict_the_same_bits(tmp_path: Path) -> None:
    stacks = ({"embedding": "bins"}, {"embedding": "bins", "seed": 1})
    model = fit(prices(), Settings(target="price", stacks=stacks, **SMALL))
    save(model, tmp_path / "m.netable")

    assert (load(tmp_path / "m.netable").outcome(prices()) == model.outcome(prices())).all()


@pytest.mark.parametrize("target", ["price", "dear"])
def test_model_file__bins_and_waves__predict_the_same_bits(target: str, tmp_path: Path) -> None:
    table = prices() if target == "price" else classes()
    model = fit(table, Settings(target=target, stacks=(*TWO, {"embedding": "none", "dropout": 0.3}), **SMALL))
    save(model, tmp_path / "m.netable")
    loaded = load(tmp_path / "m.netable")

    assert same_bits(model, loaded)
    assert np.array_equal(loaded.outcome(table), model.outcome(table))
    assert loaded.recipe.to_dict() == model.recipe.to_dict()
    assert loaded.results == model.results
    assert loaded.history == model.history


# A warm start


def test_start__ensemble__goes_on_from_the_weights_of_each_stack(two_stacks: Model) -> None:
    config = Settings(
        target="price", stacks=TWO, **SMALL | {"max_epochs": 1, "lr": 1e-12, "weight_decay": 0.0}
    )
    model = fit(prices(), config, start=two_stacks)

    for mine, first in zip(model.net.stacks, two_stacks.net.stacks, strict=True):
        for (name, p), q in zip(mine.named_parameters(), first.parameters(), strict=True):
            torch.testing.assert_close(p, q, msg=name)


def test_start__best__takes_the_stacks_that_the_first_fit_kept() -> None:
    config = Settings(target="price", effort="best", **SMALL)
    first = fit(prices(), config)
    again = fit(prices(), config, start=first)

    assert again.recipe.stacks == first.recipe.stacks


def test_start__logarithm_found_better__is_learned_again() -> None:
    config = Settings(target="y", **LEARNS_LOG)
    first = fit(skewed(), config)
    again = fit(skewed(), config, start=first)

    assert first.recipe.target_transform == again.recipe.target_transform == "log"


def test_start__another_loss__is_refused(two_stacks: Model) -> None:
    with pytest.raises(ConfigError, match="loss and layers as the last fit"):
        fit(prices(), Settings(target="price", stacks=TWO, loss="mae", **SMALL), start=two_stacks)


def test_start__another_number_of_stacks__is_refused(two_stacks: Model) -> None:
    message = r"^warm_start needs the same columns, levels, classes, loss and layers as the last fit\.$"
    with pytest.raises(ConfigError, match=message):
        fit(prices(), Settings(target="price", stacks=TWO[:1], **SMALL), start=two_stacks)


# Losses of rows


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", [0.25, 4.0]),
        ("huber", [0.125, 1.5]),  # half the square up to a deviation, then a line
        ("mae", [0.5, 2.0]),
    ],
)
def test_row_loss__regression__is_in_deviations(loss: str, expected: list[float]) -> None:
    y = np.tile([-1.0, 1.0], 60)  # of deviation 1
    table = pa.table({"x": np.arange(120.0) ** 1.5, "y": y})
    prepared = prepare(table, Settings(target="y", task="regression", loss=loss), None, None, None)
    outcome = prepared.rows.y[:2] + np.array([[0.5], [2.0]])

    np.testing.assert_allclose(prepared.row_loss()(outcome, np.arange(2)), expected)


def test_row_loss__poisson__is_half_the_deviance() -> None:
    y = np.tile([0.0, 3.0, 100.0], 40)
    table = pa.table({"x": np.arange(120.0) ** 1.5, "y": y})
    prepared = prepare(table, Settings(target="y", task="regression", loss="poisson"), None, None, None)
    outcome = np.array([[1.0], [2.0], [100.0]])
    losses = prepared.row_loss()(outcome, np.arange(3))

    assert losses.mean() == pytest.approx(sk.mean_poisson_deviance(y[:3], outcome[:, 0]) / 2)
    assert losses[2] == pytest.approx(0, abs=1e-12)


@pytest.mark.filterwarnings("ignore:Constant target")
@pytest.mark.parametrize("value", [-1.1, 1e150, 1e-300])
def test_row_loss__constant_target__is_finite(value: float) -> None:
    table = pa.table({"x": np.arange(40.0), "y": np.full(40, value)})
    prepared = prepare(table, Settings(target="y", task="regression", folds=2), None, None, None)

    # The mean of equal numbers may be a rounding error off.
    near = np.nextafter(np.full((40, 1), value), np.inf)

    assert np.isfinite(prepared.row_loss()(near, np.arange(40))).all()

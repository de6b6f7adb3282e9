"""Several processes train the members of one fit, and each has the model that one process trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from netable.compute.executor import Executor
from netable.config.settings import Settings
from netable.errors import ConfigError, TrainingError
from netable.fit.fit import fit
from netable.fit.training import train_share
from netable.model.model import Model
from netable.train import Epoch
from small import make_table
from together import together
from watching import Calls

SMALL: dict[str, Any] = {
    "embedding": "none",
    "hidden_layer_sizes": (4,),
    "max_epochs": 3,
    "folds": 3,
    "precision": "float32",
    "target": "price",
}
IGNORED = ("rooms", "dear", "third")
CASES: dict[str, dict[str, Any]] = {
    "folds": {},
    "classes and dropout": {"target": "third", "dropout": 0.3, "ignore_columns": ("rooms", "dear", "price")},
    "two stacks": {"stacks": ({"embedding": "bins"}, {"embedding": "periodic"})},
    "variants": {"stacks": tuple({"seed": i, "lr": 0.01 * (i + 1), "dropout": 0.1 * i} for i in range(5))},
    "means of levels": {"categories": "means"},
    "in order of time": {"time_column": "sold"},
    "last weights": {"early_stopping": False},
    "log or not": {"target_transform": "auto"},
    "own statistics of bins": {"embedding": "bins", "optimizer": "muon"},
}


def settings_of(**more: Any) -> Settings:
    return Settings(**{"ignore_columns": IGNORED} | SMALL | more)


def table_of() -> pa.Table:
    table = make_table(150)
    price = pa.array(np.exp(table.column("price").to_numpy() / 3))
    return table.set_column(table.column_names.index("price"), "price", price)


def assert_same(one: Model, other: Model) -> None:
    assert one.out_of_fold is not None
    assert other.out_of_fold is not None
    assert one.out_of_fold.column("fold").equals(other.out_of_fold.column("fold"))
    for name in one.out_of_fold.column_names[1:]:
        first, second = (model.out_of_fold.column(name) for model in (one, other))
        if pa.types.is_floating(first.type):
            np.testing.assert_allclose(first.to_numpy(), second.to_numpy(), rtol=1e-4)
        else:
            assert first.equals(second)
    assert one.net.state_dict().keys() == other.net.state_dict().keys()
    for name, tensor in one.net.state_dict().items():
        torch.testing.assert_close(other.net.state_dict()[name], tensor, rtol=1e-4, atol=1e-5)
    for a, b in zip(one.history.epochs, other.history.epochs, strict=True):
        assert (a.epoch, a.stack) == (b.epoch, b.stack)
        assert b.train_loss + b.valid_loss == pytest.approx(a.train_loss + a.valid_loss, rel=1e-4)
    assert one.history.best_epochs == other.history.best_epochs


@pytest.mark.parametrize("case", CASES)
def test_fit__two_processes__have_the_predictions_of_one(case: str) -> None:
    table, settings = table_of(), settings_of(**CASES[case])

    alone = fit(table, settings)
    models = together(2, lambda executor: fit(table, settings, executor=executor))

    for model in models:
        assert_same(alone, model)


def test_fit__a_process_for_each_network__has_the_predictions_of_one() -> None:
    table, settings = table_of(), settings_of()

    models = together(3, lambda executor: fit(table, settings, executor=executor))

    assert_same(fit(table, settings), models[2])


def test_fit__tiny_table__members_that_only_score_may_have_a_process_of_their_own() -> None:
    table, settings = make_table(60), settings_of()

    models = together(4, lambda executor: fit(table, settings, executor=executor))

    assert_same(fit(table, settings), models[0])


def test_train_share__beside_a_fit__leaves_the_model_to_it() -> None:
    table, settings = table_of(), settings_of()

    def run(executor: Executor) -> Model | None:
        if executor.is_first:
            return fit(table, settings, executor=executor)
        train_share(table, settings, executor)
        return None

    model, nothing = together(2, run)

    assert nothing is None
    assert model is not None
    assert_same(fit(table, settings), model)


def test_fit__more_processes_than_networks__is_one_error() -> None:
    with pytest.raises(ConfigError, match=r"^5 workers are too many for this run; start at most 3"):
        together(5, lambda executor: fit(table_of(), settings_of(), executor=executor))


def test_fit__watcher_in_one_process__stops_the_members_of_all() -> None:
    def run(executor: Executor) -> Model:
        watcher = Calls(on_epoch=lambda epoch: executor.is_first and epoch.epoch == 2)
        return fit(table_of(), settings_of(max_epochs=9), watchers=[watcher], executor=executor)

    for model in together(2, run):
        assert (model.history.ending, model.history.n_epochs) == ("stopped early", 2)


def test_fit__one_process_is_interrupted__all_keep_what_there_is() -> None:
    def run(executor: Executor) -> Model:
        def on_epoch(epoch: Epoch) -> None:
            if executor.rank == 1 and epoch.epoch == 3:
                raise KeyboardInterrupt

        calls = [Calls(on_epoch=on_epoch)]
        return fit(table_of(), settings_of(max_epochs=9), watchers=calls, executor=executor)

    for model in together(2, run):
        assert model.history.ending == "interrupted"
        assert 2 <= model.history.n_epochs <= 3
        assert model.results["valid"]


def test_fit__loss_of_one_member_diverges__all_processes_name_it() -> None:
    settings = settings_of(lr=1e30, optimizer="sgd", batch_size=16, schedule="constant")
    with pytest.raises(TrainingError, match=r"^The loss of member .* is not finite at step \d+ of epoch 1"):
        together(2, lambda executor: fit(table_of(), settings, executor=executor))


def test_fit__processes_that_resume_from_different_epochs__end_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netable.train.checkpoint.INTERVAL", 0.0)
    monkeypatch.setattr("netable.train.checkpoint.SHARE", 1e9)
    table, settings = table_of(), settings_of(max_epochs=8)
    kept: dict[int, bytes] = {}

    def run(executor: Executor) -> Model:
        def on_epoch(epoch: Epoch) -> None:  # one is caught earlier than the other
            if epoch.epoch == (3, 6)[executor.rank]:
                (file,) = tmp_path.glob(f"0-0-{executor.rank}.checkpoint")
                kept[executor.rank] = file.read_bytes()

        calls = [Calls(on_epoch=on_epoch)]
        return fit(table, settings, watchers=calls, checkpoint=tmp_path, executor=executor)

    undisturbed = together(2, run)[0]
    for rank, content in kept.items():
        (tmp_path / f"0-0-{rank}.checkpoint").write_bytes(content)
    resumed = together(2, lambda executor: fit(table, settings, checkpoint=tmp_path, executor=executor))

    assert len(kept) == 2
    for model in resumed:
        assert_same(undisturbed, model)

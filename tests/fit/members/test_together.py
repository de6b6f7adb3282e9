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
from netable.errors import ConfigError, TrainingError, TrainingWarning
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
    "trees": {"stacks": ({"model": "trees"}, {"model": "trees", "categories": "means"})},
    "log or not": {"target_transform": "auto"},
    "own statistics of bins": {"embedding": "bins", "optimizer": "muon"},
}


def settings_of(**more: Any) -> Settings:
    return Settings(**{"ignore_columns": IGNORED} | SMALL | more)


def table_of() -> pa.Table:
    table = make_table(150)
    price = pa.array(np.exp(table.column("price").to_numpy() / 3))
    return table.set_column(table.column_names.index("price"), "price", price)


def weights_of(model: Model) -> dict[str, list[Any]]:
    return {name: tensor.tolist() for name, tensor in model.net.state_dict().items()}


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


@pytest.mark.parametrize(
    "case",
    [
        "folds",
        "classes and dropout",
        "means of levels",
        "log or not",
        "own statistics of bins",
        "one network",
    ],
)
def test_fit__more_processes_than_networks__share_rows_and_have_the_predictions_of_one(case: str) -> None:
    more: dict[str, Any] = {"folds": 2} if case != "one network" else {"folds": 1, "batch_size": 37}
    more |= {
        "optimizer": "sgd",
        "lr": 0.05,
    }  # others make much of the last digits of a gradient that is almost zero
    table, settings = table_of(), settings_of(**CASES.get(case, {}) | more)
    alone = fit(table, settings)

    models = together(
        4 if case != "one network" else 3, lambda executor: fit(table, settings, executor=executor)
    )

    for model in models:
        assert_same(alone, model)
        assert weights_of(model) == weights_of(models[0])


def test_fit__fewer_rows_in_a_batch_than_processes__is_one_error() -> None:
    with pytest.raises(
        ConfigError, match=r"^Batches of 2 rows cannot be divided among 3 workers; start fewer\.$"
    ):
        together(3, lambda executor: fit(table_of(), settings_of(folds=1, batch_size=2), executor=executor))


def test_fit__processes_that_cannot_share_equally__is_one_error() -> None:
    with pytest.raises(ConfigError, match=r"^5 workers cannot share 3 networks equally; start 3 or 6\.$"):
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


class Killed(BaseException):
    """As good as a kill: nothing in the package catches it."""


@pytest.fixture
def saved_after_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netable.train.checkpoint.INTERVAL", 0.0)
    monkeypatch.setattr("netable.train.checkpoint.SHARE", 1e9)
    monkeypatch.setattr("netable.fit.resume.member_checkpoint.FIRST_STEPS", 1)


def run_until(epoch: int, size: int, folder: Path, settings: Settings) -> None:
    """Processes that are all killed at the end of an epoch."""

    def on_epoch(now: Epoch) -> None:
        if now.epoch == epoch:
            raise Killed

    def run(executor: Executor) -> Model:
        calls = [Calls(on_epoch=on_epoch)]
        return fit(table_of(), settings, watchers=calls, checkpoint=folder, executor=executor)

    with pytest.raises(Killed):
        together(size, run)


def resumed(size: int, folder: Path, settings: Settings) -> tuple[Model, int]:
    """The model of the first process, and the epoch that it continued with."""
    epochs: list[int] = []

    def run(executor: Executor) -> Model:
        calls = [Calls(on_epoch=lambda now: executor.is_first and epochs.append(now.epoch))]
        return fit(table_of(), settings, watchers=calls, checkpoint=folder, executor=executor)

    return together(size, run)[0], epochs[0]


@pytest.mark.usefixtures("saved_after_every_step")
@pytest.mark.parametrize("sizes", [(1, 3), (3, 2), (2, 1)])
def test_fit__other_number_of_processes_resumes__goes_on_to_the_same_model(
    sizes: tuple[int, int], tmp_path: Path
) -> None:
    settings = settings_of(
        target="third",
        ignore_columns=("rooms", "dear", "price"),
        max_epochs=8,
        dropout=0.3,
        optimizer="muon",
    )
    run_until(5, sizes[0], tmp_path, settings)

    model, first_epoch = resumed(sizes[1], tmp_path, settings)

    assert first_epoch == 5
    assert_same(fit(table_of(), settings), model)


@pytest.mark.usefixtures("saved_after_every_step")
def test_fit__one_process_has_saved_later_than_the_other__both_go_on_where_they_have_met(
    tmp_path: Path,
) -> None:
    settings = settings_of(max_epochs=8)
    for epoch in (4, 6):  # the first process gets to the later one
        run_until(epoch, 2, tmp_path / f"{epoch}", settings)
    later = tmp_path / "6"
    for name in ("0-0-1.checkpoint", "0-0-1.checkpoint.before"):
        (later / name).unlink()
    (tmp_path / "4" / "0-0-1.checkpoint").rename(later / "0-0-1.checkpoint")
    (tmp_path / "4" / "0-0-0.checkpoint").rename(later / "0-0-0.checkpoint.before")

    model, first_epoch = resumed(2, later, settings)

    assert first_epoch == 4
    assert_same(fit(table_of(), settings), model)
    assert model.history.n_epochs == 8


@pytest.mark.usefixtures("saved_after_every_step")
def test_fit__damaged_file_of_one_process__starts_over_with_a_warning(tmp_path: Path) -> None:
    settings = settings_of()
    run_until(2, 2, tmp_path, settings)
    for file in tmp_path.glob("0-0-1.*"):
        file.write_bytes(b"damaged" * 10)

    with pytest.warns(TrainingWarning, match=r"0-0-1.* is damaged.* This run starts over\.$"):
        model, first_epoch = resumed(2, tmp_path, settings)

    assert first_epoch == 1
    assert_same(fit(table_of(), settings), model)

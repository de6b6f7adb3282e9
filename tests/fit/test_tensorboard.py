"""Event files, read back as TensorBoard reads them."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from netable.config.settings import Settings
from netable.errors import ConfigError, FileError
from netable.fit.fit import fit
from netable.fit.members.watcher import RunningStack
from netable.fit.tensorboard import TensorBoard
from netable.model.model import Model
from netable.train import Epoch, Phase
from small import QUICK, make_table

# TensorBoard does not look at it.
STACK = RunningStack(None, None, 0.0, None)  # type: ignore[arg-type]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def runs(folder: Path) -> dict[str, dict[str, dict[int, float]]]:
    """Values by run, tag and step."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = {}
    for run in folder.iterdir():
        events = EventAccumulator(str(run)).Reload()
        found[run.name] = {
            tag: {event.step: event.value for event in events.Scalars(tag)}
            for tag in events.Tags()["scalars"]
        }
    return found


def test_tensorboard__fit__has_losses_of_stacks_and_members_and_final_figures(tmp_path: Path) -> None:
    stacks = ({"hidden_layer_sizes": (4,)}, {"hidden_layer_sizes": (3,)})
    config = Settings(target="price", stacks=stacks, **QUICK)
    with TensorBoard(tmp_path / "board") as board:
        model = fit(make_table().select(["size", "price"]), config, watchers=[board])
        board.results(model)

    found = runs(tmp_path / "board")

    assert set(found) == {"model", "stack 0", "stack 1"}
    for epoch in model.history.epochs:
        run = found[f"stack {epoch.stack}"]
        assert run["loss/train"][epoch.epoch] == pytest.approx(sum(epoch.train_loss) / 2)
        assert run["loss/valid"][epoch.epoch] == pytest.approx(epoch.mean_valid_loss)
        assert run["members/train 1"][epoch.epoch] == pytest.approx(epoch.train_loss[1])
        assert run["members/valid 0"][epoch.epoch] == pytest.approx(epoch.valid_loss[0])
        assert run["learning rate"][epoch.epoch] == pytest.approx(epoch.lr)
    assert found["model"]["valid/rmse"] == {2: pytest.approx(model.results["valid"]["rmse"])}
    assert found["model"]["baseline/rmse"] == {2: pytest.approx(model.results["baseline"]["rmse"])}


def test_tensorboard__several_of_one_second__keep_what_each_was_told(tmp_path: Path) -> None:
    for number in range(3):
        with TensorBoard(tmp_path) as board:
            board.on_epoch(Epoch(number + 1, [0.5], [0.5], 0.01, 0.1, 3), STACK)

    assert all(len(values) == 3 for values in runs(tmp_path)["stack 0"].values())


def test_tensorboard__trials__are_runs_of_their_own(tmp_path: Path) -> None:
    epoch = Epoch(1, [0.5], [None], 0.1, 0.1, 2)
    with TensorBoard(tmp_path) as board:
        for is_trial in (True, True, False):
            board.on_phase(Phase(is_trial, 1, 2, 3, 0.0, 0.5))
            board.on_epoch(epoch, STACK)

    found = runs(tmp_path)

    assert set(found) == {"model", "trial 1, stack 0", "trial 2, stack 0", "stack 0"}
    assert set(found["stack 0"]) == {"loss/train", "members/train 0", "learning rate"}


def test_tensorboard__readings__are_gradient_norms_by_step(
    tmp_path: Path, regression_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = SimpleNamespace(stack=0, step=7, gradient_norms={"body.head.weight": 0.25})
    monkeypatch.setattr(regression_model.history, "readings", [reading], raising=False)
    with TensorBoard(tmp_path) as board:
        board.results(regression_model)

    assert runs(tmp_path)["stack 0"] == {"gradient norm/body.head.weight": {7: 0.25}}


def test_tensorboard__not_installed__says_how_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)

    with pytest.raises(
        ConfigError, match=r"^tensorboard is not installed.*pip install 'netable\[tensorboard\]'$"
    ):
        TensorBoard(tmp_path)


def test_tensorboard__folder_that_cannot_be__is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(FileError, match=r"file cannot be written to: "):
        TensorBoard(tmp_path / "file")


def test_tensorboard__train__writes_what_the_option_names(tmp_path: Path, monkeypatch: Any) -> None:
    import pyarrow.csv

    from netable.cli.app import run

    monkeypatch.chdir(tmp_path)
    pyarrow.csv.write_csv(make_table().select(["size", "price"]), "t.csv")
    quick = ("--embedding", "none", "--max-epochs", "2", "--hidden-layer-sizes", "4", "--folds", "2")

    assert run(["train", "t.csv", "--target", "price", *quick, "-o", "run", "--tensorboard", "board"]) == 0
    assert set(runs(tmp_path / "board")) == {"model", "stack 0"}

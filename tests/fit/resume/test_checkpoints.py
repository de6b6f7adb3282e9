from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from netable.config.settings import Settings
from netable.errors import CheckpointError, DataError, FileError, MemoryShortage, TrainingWarning, WorkerError
from netable.fit.fit import fit
from netable.fit.resume.checkpoint_folder import is_unfinished, mark_begun, remove_checkpoints
from netable.fit.resume.checkpoints import Checkpoints
from netable.model.model import Model
from netable.train import Epoch
from netable.train import checkpoint as room
from netable.train.state_file import read_state, write_state
from small import QUICK, make_table
from watching import Calls

TABLE = make_table(100).drop_columns(["rooms", "dear", "third"])
BASE = {**QUICK, "target": "price", "max_epochs": 4, "batch_size": 25}
CONFIGS = {
    "one stack": Settings(**BASE),
    "stacks": Settings(**BASE | {"stacks": ({}, {"seed": 1, "dropout": 0.2})}),
    "variants": Settings(
        **BASE
        | {"stacks": tuple({"seed": i, "lr": 0.01 * (i + 1), "weight_decay": 0.1 * i} for i in range(5))}
    ),
    "logarithm": Settings(**BASE | {"target": "age", "target_transform": "auto"}),
    "tiny": Settings(**BASE | {"max_epochs": 6}),
    "resnet": Settings(**BASE, model="resnet", dropout=0.2),
    "muon": Settings(**BASE, optimizer="muon"),
}


class Killed(BaseException):
    """As good as a kill: nothing in the package catches it."""


@pytest.fixture(autouse=True)
def after_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "INTERVAL", 0.0)
    monkeypatch.setattr(room, "SHARE", np.inf)


def killed_after(epochs: int) -> Callable[[Epoch], None]:
    def tell(_: Epoch) -> None:
        nonlocal epochs
        epochs -= 1
        if epochs < 0:
            raise Killed

    return tell


def assert_same_bits(found: Model, expected: Model) -> None:
    state = expected.net.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in found.net.state_dict().items())
    assert found.out_of_fold is not None
    assert found.out_of_fold.equals(expected.out_of_fold)
    assert found.recipe == expected.recipe
    seconds = {"fit_seconds": 0}
    assert found.results | seconds == expected.results | seconds
    epochs = [[e._replace(seconds=0) for e in model.history.epochs] for model in (found, expected)]
    assert epochs[0] == epochs[1]


@pytest.mark.bad_input(97)
@pytest.mark.parametrize("name", CONFIGS)
def test_fit__killed_and_resumed__gives_the_same_bits(tmp_path: Path, name: str) -> None:
    table = TABLE.slice(0, 60) if name == "tiny" else TABLE
    told: list[Epoch] = []
    whole = fit(table, CONFIGS[name], watchers=[Calls(on_epoch=told.append)])

    for kill_after in (1, len(told) // 2, len(told) - 1):
        folder = tmp_path / str(kill_after)
        with pytest.raises(Killed):
            fit(table, CONFIGS[name], checkpoint=folder, watchers=[Calls(on_epoch=killed_after(kill_after))])
        assert_same_bits(fit(table, CONFIGS[name], checkpoint=folder), whole)


def test_fit__ended__stays_until_it_is_removed_and_trains_nothing_again(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    whole = fit(TABLE, CONFIGS["stacks"], checkpoint=folder)

    again = fit(TABLE, CONFIGS["stacks"], checkpoint=folder, watchers=[Calls(on_epoch=killed_after(0))])
    remove_checkpoints(folder)

    assert_same_bits(again, whole)
    assert list(tmp_path.iterdir()) == []


def test_fit__interrupted__can_be_gone_on_with(tmp_path: Path) -> None:
    def interrupt(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    config = CONFIGS["one stack"]
    assert (
        fit(TABLE, config, checkpoint=tmp_path, watchers=[Calls(on_epoch=interrupt)]).history.ending
        == "interrupted"
    )

    assert_same_bits(fit(TABLE, config, checkpoint=tmp_path), fit(TABLE, config))


def test_fit__damaged_state__is_trained_again_with_a_note(tmp_path: Path) -> None:
    config = CONFIGS["one stack"]
    whole = fit(TABLE, config, checkpoint=tmp_path)
    (tmp_path / "0-0.checkpoint").write_bytes(b"nonsense")

    with pytest.warns(TrainingWarning, match=r"0-0.checkpoint is damaged: .* This run starts over\.$"):
        again = fit(TABLE, config, checkpoint=tmp_path)

    assert_same_bits(again, whole)


def test_fit__state_that_is_rejected__is_trained_again_and_the_others_stay(tmp_path: Path) -> None:
    config = CONFIGS["stacks"]
    whole = fit(TABLE, config, checkpoint=tmp_path)
    path = tmp_path / "0-0.checkpoint"
    write_state(path, read_state(path) | {"probe": {"done": 3}})

    with pytest.warns(TrainingWarning, match=r"cannot be used; .* This run starts over\.$"):
        again = fit(TABLE, config, checkpoint=tmp_path)

    assert_same_bits(again, whole)
    assert is_unfinished(tmp_path)


def test_checkpoints__one_slow_write__does_not_slow_those_that_follow(tmp_path: Path) -> None:
    with Checkpoints(tmp_path, {}) as kept:
        kept.begin_phase()
        kept.of(0, {}, [0], 1).write_seconds = 10.0
        kept.of(1, {}, [0], 1).write_seconds = 0.01

        assert kept.of(2, {}, [0], 1).write_seconds == 0.01


@pytest.mark.bad_input(98)
def test_fit__checkpoint_of_another_fit__says_what_changed_and_touches_nothing(tmp_path: Path) -> None:
    fit(TABLE, CONFIGS["one stack"], checkpoint=tmp_path)
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with pytest.raises(CheckpointError) as caught:
        fit(TABLE.slice(4), Settings(**BASE | {"lr": 0.01}), checkpoint=tmp_path)

    assert str(caught.value) == (
        f"{tmp_path} holds a run with different inputs: the table has 4 rows fewer; lr was 'auto', is 0.01. "
        "Undo the change to resume it, or remove the folder to start over."
    )
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept


def test_checkpoints__manifest_that_cannot_be_read__is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[]")

    with pytest.raises(CheckpointError, match=rf"cannot be read: .* Remove {tmp_path} to start over\.$"):
        fit(TABLE, CONFIGS["one stack"], checkpoint=tmp_path)


def test_checkpoints__other_threads__are_noted(tmp_path: Path) -> None:
    now: dict[str, Any] = {"threads": 2, "processor": "AVX2"}
    base = dict.fromkeys(("table", "valid_table", "weight", "valid_weight", "start", "target", "device"))
    base |= dict.fromkeys(("precision", "netable", "python", "code")) | {"config": {}, "packages": {}}
    with Checkpoints(tmp_path, base | now) as kept:
        (kept.folder / "0-0.checkpoint").touch()

    with (
        pytest.warns(
            TrainingWarning, match=r"^threads was 2, is 1: the run continues, but its last digits may"
        ),
        Checkpoints(tmp_path, base | now | {"threads": 1}),
    ):
        pass


@pytest.mark.bad_input(83)
def test_checkpoints__two_at_a_time__the_second_is_refused(tmp_path: Path) -> None:
    with (
        Checkpoints(tmp_path, {}),
        pytest.raises(FileError, match="is being written to by another run"),
        Checkpoints(tmp_path, {}),
    ):
        pass


@pytest.mark.parametrize(
    ("error", "stays"),
    [
        (DataError("no"), False),
        (CheckpointError("no"), True),
        (MemoryShortage("no"), True),
        (WorkerError("no"), True),
        (FileError("no"), True),
        (Killed(), True),
    ],
)
def test_checkpoints__fit_that_fails__is_forgotten_if_it_would_fail_again(
    tmp_path: Path, error: BaseException, stays: bool
) -> None:
    kept = Checkpoints(tmp_path, {})
    kept.__enter__()
    (tmp_path / "0-0.checkpoint").touch()

    kept.__exit__(type(error), error, None)

    assert is_unfinished(tmp_path) == stays


def test_checkpoints__fit_that_ends_before_anything_is_kept__leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Checkpoints(tmp_path / "kept", {}):
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def test_checkpoints__file_in_the_way__is_a_file_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(FileError, match=r"cannot be made: File exists\.$"),
        Checkpoints(tmp_path / "file", {}),
    ):
        pass


def test_checkpoints__disk_without_room__is_said_before_training_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)

    with pytest.raises(FileError, match=r"cannot be written: No space left on device\.$"):
        fit(
            TABLE,
            CONFIGS["one stack"],
            checkpoint=tmp_path / "kept",
            watchers=[Calls(on_epoch=killed_after(0))],
        )

    assert list(tmp_path.iterdir()) == []


def test_checkpoints__parts_that_a_crash_left__are_removed(tmp_path: Path) -> None:
    (tmp_path / ".0-0.checkpoint.0123abcd.part").touch()

    with Checkpoints(tmp_path, {}):
        assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_checkpoints__folder_of_something_else__is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run.checkpoint").mkdir()
    (tmp_path / ".film.part").touch()

    with pytest.raises(CheckpointError, match="checkpoints need a folder of their own"):
        fit(TABLE, CONFIGS["one stack"], checkpoint=tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {"run.checkpoint", ".film.part"}


def test_checkpoints__manifest_of_a_fit_that_was_to_begin__is_begun(tmp_path: Path) -> None:
    mark_begun(tmp_path)
    (tmp_path / "0-0.checkpoint").touch()

    with Checkpoints(tmp_path, {"netable": "1"}):
        assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]
        assert (tmp_path / "manifest.json").read_bytes() != b"{}"


def test_fit__target_of_a_table_without_it__makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="price"):
        fit(pa.table({"x": [1.0, 2.0]}), CONFIGS["one stack"], checkpoint=tmp_path / "kept")

    assert list(tmp_path.iterdir()) == []

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

from netable.errors import CheckpointError, TrainingWarning
from netable.nn import MLP, seed_noise
from netable.train import (
    Batches,
    Checkpoint,
    EarlyStopping,
    History,
    Objective,
    TrainingPlan,
    loop,
    make_optimizer,
    train,
)
from netable.train import checkpoint as room
from netable.train.optim import Schedule
from netable.train.state_file import read_state, write_state

EPOCHS = 4
OPTIMIZERS = ("sgd", "momentum", "rmsprop", "adam", "adamw", "muon")


class Killed(BaseException):
    """As good as a kill: nothing in the package catches it."""


def killed_after(steps: float, loss: Callable[..., Tensor] = nn.functional.mse_loss) -> Callable[..., Tensor]:
    """The loss, for so many steps."""
    done = 0

    def criterion(*arguments: Tensor) -> Tensor:
        nonlocal done
        done += 1
        if done > steps:
            raise Killed
        return loss(*arguments)

    return criterion


@pytest.fixture(autouse=True)
def after_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "INTERVAL", 0.0)
    monkeypatch.setattr(room, "SHARE", np.inf)


class Kit:
    """All that a run of a stack takes: dropout, folds, batches, an optimizer, made anew each time."""

    def __init__(self, optimizer: str = "adamw", *, width: int = 6, patience: int | None = 50) -> None:
        folds = 2
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(30, 3, generator=generator)
        y = x.sum(1, keepdim=True)
        weight = torch.ones(30)
        parts = np.array_split(np.arange(30), folds)
        pairs = [(np.setdiff1d(np.arange(30), part), part) for part in parts]
        plan = TrainingPlan.folds(pairs, stops_early=True)
        self.net = MLP(3, 1, hidden_layer_sizes=(width,), dropout=0.3, members=(folds,), generator=generator)
        seed_noise(self.net, 5)
        self.objective = Objective("regression")
        self.optimizer = make_optimizer(optimizer, self.net.named_parameters(), lr=0.02, weight_decay=0.01)
        rows = [torch.from_numpy(rows) for rows in plan.train_rows]
        self.batches = Batches((x,), y, weight, batch_size=6, rows=rows, generator=generator)
        self.stopping = EarlyStopping(self.net, self.objective, (x,), y, weight, plan, patience)

    def train(self, kill_after: float = np.inf, **options: Any) -> History:
        criterion = killed_after(kill_after, self.objective)
        options = {"max_epochs": EPOCHS, "schedule": "coslog4", "early_stopping": self.stopping} | options
        return train(self.net, criterion, self.optimizer, self.batches, **options)

    def bits(self, history: History) -> list[Any]:
        """All that a run leaves, but for seconds."""
        tensors = [*self.net.state_dict().values(), *self.stopping.state_dict()["best_weights"]]
        epochs = [epoch._replace(seconds=0) for epoch in history.epochs]
        return [
            [t.tolist() for t in tensors],
            epochs,
            {k: v for k, v in vars(history).items() if k != "epochs"},
        ]


def resumed(path: Path, make: Callable[[], Kit], kill_after: int, **options: Any) -> list[Any]:
    """The result of a run that was killed after so many steps, and resumed."""
    with pytest.raises(Killed):
        make().train(kill_after, checkpoint=path, **options)
    kit = make()
    return kit.bits(kit.train(checkpoint=path, **options))


@pytest.mark.bad_input(97)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_train__killed_and_resumed__ends_with_the_same_bits(tmp_path: Path, optimizer: str) -> None:
    kit = Kit(optimizer)
    whole = kit.bits(kit.train())

    for kill_after in (1, 3, 11):  # in an epoch of three steps, at its end, later
        assert resumed(tmp_path / str(kill_after), lambda: Kit(optimizer), kill_after) == whole


def test_train__killed_at_every_step_of_itself__ends_with_the_same_bits(tmp_path: Path) -> None:
    kit, path = Kit(), tmp_path / "run"
    whole = kit.bits(kit.train())

    for _ in range(EPOCHS * len(kit.batches)):
        with pytest.raises(Killed):
            Kit().train(1, checkpoint=path)
    kit = Kit()

    assert kit.bits(kit.train(checkpoint=path)) == whole


def test_train__epochs_judged_within_themselves__end_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LONG_EPOCH", 2)
    make = lambda: Kit(patience=None)  # noqa: E731
    kit = make()
    whole = kit.bits(kit.train(max_epochs=2))

    for kill_after in range(1, 6):
        assert resumed(tmp_path / str(kill_after), make, kill_after, max_epochs=2) == whole


def test_train__checkpoint_of_a_run_that_ended__trains_nothing(tmp_path: Path) -> None:
    kit, again = Kit(), Kit()
    first = kit.bits(kit.train(checkpoint=tmp_path / "run"))

    assert again.bits(again.train(0, checkpoint=tmp_path / "run")) == first


def test_train__resumed__tells_the_epochs_that_happen_now(tmp_path: Path) -> None:
    told: list[int] = []
    with pytest.raises(Killed):
        Kit().train(7, checkpoint=tmp_path / "run")

    Kit().train(checkpoint=tmp_path / "run", on_epoch=lambda epoch: told.append(epoch.epoch))

    assert told == [3, 4]


def test_train__checkpoint__changes_nothing_of_the_run(tmp_path: Path) -> None:
    kit, kept = Kit(), Kit()

    assert kept.bits(kept.train(checkpoint=tmp_path / "run")) == kit.bits(kit.train())


@pytest.mark.parametrize("with_generator", [False, True])
def test_train__data_loader_and_dropout__goes_on_where_an_epoch_ended(
    tmp_path: Path, with_generator: bool
) -> None:
    x = torch.arange(24.0).view(12, 2) / 24

    def run(kill_after: float = np.inf, path: Path | None = None) -> list[Any]:
        generator = torch.Generator().manual_seed(3) if with_generator else None
        with torch.random.fork_rng():
            torch.manual_seed(1)
            net = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
            optimizer = torch.optim.NAdam(net.parameters(), lr=0.01)
            loader = DataLoader(
                TensorDataset(x, x.sum(1, keepdim=True)), 4, shuffle=True, generator=generator
            )
            criterion = killed_after(kill_after)
            train(net, criterion, optimizer, loader, max_epochs=4, probed=False, checkpoint=path)
            return [tensor.tolist() for tensor in net.state_dict().values()]

    whole = run()
    for kill_after in (3, 5, 8):
        with pytest.raises(Killed):
            run(kill_after, tmp_path / str(kill_after))
        assert run(path=tmp_path / str(kill_after)) == whole


class Plain:
    """A net with global dropout behind a part with a stream of its own, and a source of batches."""

    def __init__(self, source: str, **optimizer: Any) -> None:
        x = torch.arange(24.0).view(12, 2) / 24
        y = x.sum(1, keepdim=True)
        body = MLP(2, 8, hidden_layer_sizes=(8,), dropout=0.5, generator=torch.Generator().manual_seed(1))
        seed_noise(body, 5)
        self.net = nn.Sequential(body, nn.Dropout(0.5), nn.Linear(8, 1))
        with torch.no_grad():
            for parameter in self.net[2].parameters():
                parameter.fill_(0.1)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), **{"lr": 0.01} | optimizer)
        generator = torch.Generator().manual_seed(3)
        if source == "batches":
            self.batches: Any = Batches(x, y, batch_size=4, generator=generator)
        else:
            sampler = WeightedRandomSampler(torch.ones(12).tolist(), 12, generator=generator)
            self.batches = DataLoader(TensorDataset(x, y), 4, sampler=sampler)

    def train(self, path: Path | None = None, kill_after: float = np.inf, **options: Any) -> list[Any]:
        criterion = killed_after(kill_after)
        options = {"criterion": criterion, "optimizer": self.optimizer, "batches": self.batches} | options
        with torch.random.fork_rng():
            torch.manual_seed(7)
            train(self.net, **{"max_epochs": 4, "checkpoint": path} | options)
        return [parameter.tolist() for parameter in self.net.parameters()]


@pytest.mark.parametrize("source", ["batches", "sampler"])
def test_train__streams_of_all_kinds__are_kept(tmp_path: Path, source: str) -> None:
    whole = Plain(source).train()
    with pytest.raises(Killed):
        Plain(source).train(tmp_path / "run", 8)

    assert Plain(source).train(tmp_path / "run") == whole


def test_train__other_optimizer_settings_criterion_or_data__say_what_changed(tmp_path: Path) -> None:
    path = tmp_path / "run"
    Plain("batches").train(path)

    def refused(kit: Plain, **options: Any) -> str:
        with pytest.raises(CheckpointError) as caught:
            kit.train(path, **options)
        return str(caught.value)

    assert "weight_decay was [0.01], is [5.0]" in refused(Plain("batches", weight_decay=5.0))
    assert "is 'L1Loss'" in refused(Plain("batches"), criterion=nn.L1Loss())
    assert "time_limit was None, is 100.0" in refused(Plain("batches"), time_limit=100.0)
    other = Plain("batches")
    other.batches.targets[0][0, 0] += 1
    assert "data was " in refused(other)


def test_checkpoint__without_the_global_state__leaves_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "run"
    Kit().train(checkpoint=Checkpoint(path, keeps_global_state=False))
    with torch.random.fork_rng():
        torch.manual_seed(99)
        before = torch.get_rng_state()
        Kit().train(checkpoint=Checkpoint(path, keeps_global_state=False))

        assert torch.equal(torch.get_rng_state(), before)


def test_checkpoint__state_that_cannot_be_packed__costs_one_note_and_not_the_run(tmp_path: Path) -> None:
    class Odd(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            super().step(closure)
            self.state[self.param_groups[0]["params"][0]]["seen"] = np.zeros(3)

    kit, kept = Kit("sgd"), Kit("sgd")
    for odd in (kit, kept):
        odd.optimizer = Odd(odd.net.parameters(), lr=0.02)

    with pytest.warns(TrainingWarning, match=r"cannot hold a ndarray.*, so this run could not be re") as said:
        history = kept.train(checkpoint=tmp_path / "run")

    assert len(said) == 1
    assert kept.bits(history) == kit.bits(kit.train())


def test_checkpoint__disk_that_fails_later__says_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Any] = []

    def write(*arguments: Any) -> None:
        written.append(write_state(*arguments))
        if len(written) > 1:
            raise MemoryError

    monkeypatch.setattr(room, "write_state", write)

    with pytest.warns(
        TrainingWarning,
        match=r"run cannot be written: MemoryError, so this run could only be resumed from where it was last saved\.$",
    ):
        Kit().train(checkpoint=tmp_path / "run")


@pytest.mark.parametrize("part", ["pace", "history", "probe", "batches", "early_stopping", "losses"])
def test_checkpoint__state_that_is_rejected__is_begun_anew_with_a_note(tmp_path: Path, part: str) -> None:
    kit, path = Kit(), tmp_path / "run"
    whole = kit.bits(kit.train())
    with pytest.raises(Killed):
        Kit().train(7, checkpoint=path)
    state = read_state(path)
    write_state(path, state | {part: "nonsense"})
    kit = Kit()

    with pytest.warns(TrainingWarning, match=r"This run starts over\.$"):
        again = kit.train(checkpoint=Checkpoint(path, starts_over=True))

    assert kit.bits(again) == whole


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"max_epochs": 5}, "max_epochs was 4, is 5"),
        ({"schedule": "cosine"}, "schedule was 'coslog4', is 'cosine'"),
        ({"clip_norm": 1.0}, "clip_norm was None, is 1.0"),
        ({"early_stopping": None}, "it is of a run with other parts"),
    ],
)
def test_train__checkpoint_of_another_run__says_what_changed(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    path = tmp_path / "run"
    Kit().train(checkpoint=path)

    with pytest.raises(CheckpointError) as caught:
        Kit().train(checkpoint=path, **changed)

    assert str(caught.value) == f"The checkpoint {path} is of another run: {said}."


def test_train__checkpoint_of_another_network__is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    Kit().train(checkpoint=tmp_path / "run")
    other, same = Kit(width=5), Kit(width=5)

    with pytest.raises(CheckpointError, match=r"is of another run: net\.\w.* is not "):
        other.train(checkpoint=tmp_path / "run")

    assert torch.equal(other.net.head.weight, same.net.head.weight)


def test_checkpoint__optimizer_of_other_shapes__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run"
    Kit().train(checkpoint=path)
    state = read_state(path)
    state["optimizer"]["state"][0]["exp_avg"] = torch.zeros(1)
    write_state(path, state)

    with pytest.raises(CheckpointError, match=r"the optimizer's exp_avg is not of its parameter's shape\.$"):
        Kit().train(checkpoint=path)


@pytest.mark.parametrize("part", ["pace", "history", "probe", "batches", "losses", "epoch"])
def test_checkpoint__parts_that_make_no_sense__are_one_error(tmp_path: Path, part: str) -> None:
    path = tmp_path / "run"
    Kit().train(checkpoint=path)
    state = read_state(path)
    del state[part]
    write_state(path, state)
    with pytest.raises(CheckpointError, match="is of another run: it is of a run with other parts"):
        Kit().train(checkpoint=path)

    write_state(path, state | {part: {"losses": 3}})
    if part != "epoch":
        with pytest.raises(CheckpointError, match="cannot be used; remove it to start over"):
            Kit().train(checkpoint=path)


def test_checkpoint__damaged__is_refused_or_passed_over_with_a_note(tmp_path: Path) -> None:
    kit, path = Kit(), tmp_path / "run"
    whole = kit.bits(kit.train(checkpoint=path))
    path.write_bytes(path.read_bytes()[:-5])

    with pytest.raises(CheckpointError, match="is damaged"):
        Kit().train(checkpoint=path)
    kit = Kit()
    with pytest.warns(TrainingWarning, match=r"is damaged: .* This run starts over\.$"):
        again = kit.train(checkpoint=Checkpoint(path, starts_over=True))

    assert kit.bits(again) == whole


def test_checkpoint__disk_that_fails__costs_one_note_and_not_the_run(tmp_path: Path) -> None:
    kit, kept = Kit(), Kit()
    path = tmp_path / "missing" / "run"

    with pytest.warns(
        TrainingWarning, match="cannot be written: .*, so this run could not be resumed"
    ) as said:
        history = kept.train(checkpoint=path)

    assert len(said) == 1
    assert kept.bits(history) == kit.bits(kit.train())


def test_checkpoint__interval__is_kept_and_widened_by_slow_disks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(room, "perf_counter", lambda: now[0])
    monkeypatch.setattr(room, "INTERVAL", 5.0)
    monkeypatch.setattr(room, "SHARE", 0.01)
    checkpoint = Checkpoint(tmp_path / "run")

    def due_after(seconds: float) -> bool:
        now[0] = checkpoint._last + seconds
        return checkpoint._is_past(room.INTERVAL)

    assert [due_after(4.9), due_after(5.1)] == [False, True]
    checkpoint.write_seconds = 0.2
    assert [due_after(19.9), due_after(20.1)] == [False, True]
    checkpoint.write_seconds = 3.0
    assert [due_after(59.9), due_after(60.1)] == [False, True]


def test_checkpoint__phase_that_waited__is_not_due_at_its_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "INTERVAL", 5.0)
    kept = Checkpoint(tmp_path / "run")
    kept._last -= 100

    Kit().train(checkpoint=kept)

    assert not kept.written


@pytest.mark.parametrize("how", ["limited", "written"])
def test_write_end__time_limit_or_older_file__is_always_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    path = tmp_path / "run"
    options: dict[str, Any] = {"time_limit": 1000.0} if how == "limited" else {}
    if how == "written":
        with pytest.raises(Killed):
            Kit().train(7, checkpoint=path)
    monkeypatch.setattr(room, "INTERVAL", 5.0)

    Kit().train(checkpoint=path, **options)

    assert read_state(path)["ended"]


def test_checkpoint__run_of_a_moment__is_not_worth_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "INTERVAL", 5.0)

    Kit().train(checkpoint=tmp_path / "run")

    assert not (tmp_path / "run").exists()


def test_train__interrupted__keeps_the_checkpoint_to_go_on_with(tmp_path: Path) -> None:
    def interrupt(epoch: Any) -> None:
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    kit = Kit()
    whole = kit.bits(kit.train())

    assert Kit().train(checkpoint=tmp_path / "run", on_epoch=interrupt).ending == "interrupted"
    kit = Kit()
    assert kit.bits(kit.train(checkpoint=tmp_path / "run")) == whole


def test_schedule__time_before_the_stop__counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("netable.train.optim.perf_counter", lambda: now[0])
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
    before = Schedule(optimizer, "cosine", 1000, time_limit=10.0)
    now[0] = 4.0
    state = before.state_dict()
    now[0] = 5000.0
    after = Schedule(optimizer, "cosine", 1000, time_limit=10.0)

    after.load_state_dict(state)
    now[0] += 1.0

    assert after.t == pytest.approx(0.5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_train__on_cuda__ends_with_the_same_bits(tmp_path: Path) -> None:
    x = torch.randn(64, 3, generator=torch.Generator().manual_seed(0)).cuda()

    def run(kill_after: float = np.inf, path: Path | None = None) -> list[Any]:
        net = MLP(
            3, 1, hidden_layer_sizes=(8,), dropout=0.5, generator=torch.Generator().manual_seed(1)
        ).cuda()
        seed_noise(net, 5, "cuda")
        optimizer = make_optimizer("adamw", net.named_parameters(), lr=0.01)
        batches = Batches(
            x, x.sum(1, keepdim=True), batch_size=16, generator=torch.Generator().manual_seed(2)
        )
        criterion = killed_after(kill_after)
        train(net, criterion, optimizer, batches, max_epochs=4, checkpoint=path)
        return [tensor.tolist() for tensor in net.state_dict().values()]

    whole = run()
    with pytest.raises(Killed):
        run(6, tmp_path / "run")
    assert run(path=tmp_path / "run") == whole

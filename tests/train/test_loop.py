from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from netable.compute.threads import torch_threads
from netable.errors import TrainingError, TrainingWarning
from netable.nn import MLP, LinearRegression, TableInput, TableNet, learn_statistics, seed_noise
from netable.train import (
    Batches,
    EarlyStopping,
    Epoch,
    Objective,
    TrainingPlan,
    loop,
    make_optimizer,
    schedule_factor,
    train,
    train_epoch,
)
from small import line


def least_squares(x: Tensor, y: Tensor) -> Tensor:
    return torch.linalg.lstsq(torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1), y).solution.flatten()


def folds(n: int, k: int) -> TrainingPlan:
    parts = np.array_split(np.arange(n), k)
    return TrainingPlan.folds([(np.setdiff1d(np.arange(n), p), p) for p in parts], stops_early=True)


def mlp_run(
    plan: TrainingPlan, *, patience: int | None = 100, lr: float = 0.05
) -> tuple[MLP, Objective, torch.optim.Optimizer, Batches, EarlyStopping]:
    """Everything that a run of a stack with early stopping takes, on forty rows."""
    x, y = line()
    weight = torch.ones(len(x), dtype=x.dtype)
    generator = torch.Generator().manual_seed(1)
    net = MLP(3, 1, hidden_layer_sizes=(8,), members=(len(plan),), generator=generator).double()
    objective = Objective("regression")
    rows = [torch.from_numpy(r) for r in plan.train_rows]
    batches = Batches((x,), y, weight, batch_size=16, rows=rows, generator=generator)
    optimizer = make_optimizer("adamw", net.named_parameters(), lr=lr)
    return net, objective, optimizer, batches, EarlyStopping(net, objective, (x,), y, weight, plan, patience)


def test_train_epoch__plain_pytorch__has_the_same_losses_step_by_step() -> None:
    x, y = (t.float() for t in line())
    ours, theirs = LinearRegression(3), nn.Linear(3, 1)
    ours[0].load_state_dict(theirs.state_dict())
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    ours_optimizer = make_optimizer("sgd", ours.named_parameters(), lr=0.1)

    for _ in range(30):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(theirs(x), y)
        loss.backward()
        optimizer.step()
        assert train_epoch(ours, nn.MSELoss(), ours_optimizer, [(x, y)]) == pytest.approx(
            loss.item(), rel=1e-6
        )


def test_train_epoch__batches_of_two_sizes__returns_the_plain_mean_of_their_losses() -> None:
    net = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(net.weight)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.0)
    batches = [(torch.ones(3, 1), torch.full((3, 1), 1.0)), (torch.ones(1, 1), torch.full((1, 1), 3.0))]

    assert train_epoch(net, nn.MSELoss(), optimizer, batches) == 5.0  # (1 + 9) / 2, not (3·1 + 9) / 4


def test_train_epoch__data_loader_and_own_class__are_accepted() -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(3, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.linear(x)

    x, y = (t.float() for t in line())
    net = Own()
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)

    losses = [train_epoch(net, nn.L1Loss(), optimizer, loader) for _ in range(60)]

    assert losses[-1] < 0.1 < losses[0]


def test_train__full_batch__finds_least_squares() -> None:
    x, y = line()
    y = y + x.square().sum(1, keepdim=True)  # not a line
    net = MLP(3, 1).double()
    optimizer = make_optimizer("sgd", net.named_parameters(), lr=0.1)

    history = train(net, nn.MSELoss(), optimizer, [(x, y)], max_epochs=1000)

    found = torch.cat([net.head.weight.flatten(), net.head.bias.flatten()])
    torch.testing.assert_close(found, least_squares(x, y), rtol=1e-6, atol=1e-6)
    assert history.ending == "finished"
    assert [e.epoch for e in history.epochs] == list(range(1, 1001))


def test_train__weight_of_two__is_the_row_twice() -> None:
    x, y = line(12)
    y = y.sin()
    weight = torch.arange(12) % 3
    rows = torch.arange(12).repeat_interleave(weight)
    weights = weight.double()
    outcomes = []
    for batch, objective in (
        ((x, y, weights), Objective("regression", mean_weight=weights.mean())),
        ((x[rows], y[rows], torch.ones(len(rows))), Objective("regression")),
    ):
        net = MLP(3, 1, hidden_layer_sizes=(6,), generator=torch.Generator().manual_seed(0)).double()
        optimizer = make_optimizer("adamw", net.named_parameters(), lr=0.05)
        train(net, objective, optimizer, [batch], max_epochs=20)
        outcomes.append(net(x))

    torch.testing.assert_close(*outcomes)


@settings(deadline=None, max_examples=8)
@given(
    members=st.integers(1, 4),
    optimizer=st.sampled_from(["sgd", "momentum", "rmsprop", "adam", "adamw"]),
    clip_norm=st.sampled_from([None, 0.05, 1.0]),
    seed=st.integers(0, 99),
)
def test_train__stack__moves_as_each_member_alone(
    members: int, optimizer: str, clip_norm: float | None, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randn(24, 3, generator=generator, dtype=torch.float64)
    numbers[torch.rand(24, 3, generator=generator) < 0.1] = torch.nan
    codes = torch.stack([torch.randint(0, c, (24,), generator=generator) for c in (5, 20)], 1)
    y = torch.randint(0, 3, (24,), generator=generator)
    rows = torch.randint(0, 24, (3, members, 8), generator=generator)  # three batches
    weights = torch.zeros(members, 24, dtype=torch.float64)
    for batch in rows:
        weights.scatter_(1, batch, 1.0)

    def build(own: Tensor) -> TableNet:
        inputs = TableInput(
            learn_statistics(numbers, codes, own, (5, 20), robust=True), smooth_clip=True, hidden_share=0
        )
        return TableNet(
            inputs, MLP(inputs.d_out, 3, hidden_layer_sizes=(4, 4), members=own.shape[:-1])
        ).double()

    def run(net: TableNet, batches: list) -> list[list[float]]:
        optimize = make_optimizer(optimizer, net.named_parameters(), lr=0.02, weight_decay=0.1)
        objective = Objective("multiclass")
        history = train(
            net, objective, optimize, batches, max_epochs=4, schedule="cosine", clip_norm=clip_norm
        )
        return [epoch.train_loss for epoch in history.epochs]

    stack = build(weights)
    alone = [build(own) for own in weights]
    for i, net in enumerate(alone):
        net.load_state_dict(
            {name: v[i].view_as(net.state_dict()[name]) for name, v in stack.state_dict().items()}
        )
    ones = torch.ones(8, dtype=torch.float64)

    together = run(stack, [((numbers[r], codes[r]), y[r], ones) for r in rows])

    for i, net in enumerate(alone):
        losses = run(net, [((numbers[r[i]], codes[r[i]]), y[r[i]], ones) for r in rows])
        torch.testing.assert_close([e[i] for e in together], [e[0] for e in losses])
        for name, value in net.named_parameters():
            torch.testing.assert_close(stack.get_parameter(name)[i].view_as(value), value)


def test_train__seeded__gives_the_same_bits_and_leaves_global_streams_alone() -> None:
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    outcomes = []
    for _ in range(2):
        generator = torch.Generator().manual_seed(5)
        net = MLP(3, 1, hidden_layer_sizes=(8,), dropout=0.2, generator=generator).double()
        seed_noise(net, 6)
        optimizer = make_optimizer("adamw", net.named_parameters(), lr=0.05)
        train(
            net, nn.MSELoss(), optimizer, Batches(*line(), batch_size=16, generator=generator), max_epochs=5
        )
        outcomes.append(net.linears[0].weight)

    assert torch.equal(*outcomes)
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert all(np.array_equal(a, b) for a, b in zip(np.random.get_state(), numpy_before, strict=True))  # noqa: NPY002


def test_train__losses__are_the_plain_mean_over_an_epochs_steps() -> None:
    x, y = line()
    nets = [LinearRegression(3).double() for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    optimizers = [make_optimizer("sgd", net.named_parameters(), lr=0.1) for net in nets]
    batches = Batches(x, y, batch_size=10, shuffle=False)

    history = train(nets[0], nn.MSELoss(), optimizers[0], batches, max_epochs=3)

    expected = [train_epoch(nets[1], nn.MSELoss(), optimizers[1], batches) for _ in range(3)]
    assert [e.train_loss for e in history.epochs] == [[loss] for loss in expected]


def test_train__schedule__moves_at_every_step() -> None:
    net = nn.Linear(3, 1).double()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2)
    rates: list[float] = []
    optimizer.register_step_pre_hook(lambda opt, *_: rates.append(opt.param_groups[0]["lr"]))

    history = train(
        net, nn.MSELoss(), optimizer, Batches(*line(), batch_size=20), max_epochs=3, schedule="coslog4"
    )

    assert rates == pytest.approx([0.2 * schedule_factor("coslog4", (step + 0.5) / 6) for step in range(6)])
    assert [e.lr for e in history.epochs] == rates[1::2]


def test_train__on_epoch__hears_of_every_epoch_with_its_losses() -> None:
    heard: list[Epoch] = []
    net, objective, optimizer, batches, stopping = mlp_run(folds(40, 2))

    history = train(
        net, objective, optimizer, batches, max_epochs=3, early_stopping=stopping, on_epoch=heard.append
    )

    assert heard == history.epochs
    assert all(len(e.train_loss) == len(e.valid_loss) == 2 and e.seconds > 0 for e in heard)


def test_train__early_stopping__ends_when_patience_does_and_knows_the_best() -> None:
    net, objective, optimizer, batches, stopping = mlp_run(folds(40, 2), patience=5, lr=0.3)

    history = train(net, objective, optimizer, batches, max_epochs=500, early_stopping=stopping)

    curves = np.array([e.valid_loss for e in history.epochs])
    assert history.ending == "stopped early"
    # Of two folds, each is judged by the other.
    assert history.best_epochs == (curves.argmin(0)[::-1] + 1).tolist()
    assert len(history.epochs) == max(history.best_epochs) + 5
    stopping.restore([0, 1])
    assert stopping.update(501) == pytest.approx(
        [curves[history.best_epochs[0] - 1, 0], curves[history.best_epochs[1] - 1, 1]]
    )


def diverge_at(epoch: int) -> tuple[Objective, list[int]]:
    """An objective whose loss is NaN for the second member in the second step of an epoch of three."""
    steps: list[int] = []

    class Diverging(Objective):
        def __call__(self, output: Tensor, y: Tensor, weight: Tensor) -> Tensor:
            if output.requires_grad:  # what a constant loses is asked for when training is over
                steps.append(1)
            loss = super().__call__(output, y, weight)
            return loss * torch.tensor([1.0, torch.nan]) if len(steps) == 3 * (epoch - 1) + 2 else loss

    return Diverging("regression"), steps


def test_train__loss_not_finite_at_first__names_member_step_and_epoch() -> None:
    plan = TrainingPlan.folds([(np.arange(40), np.arange(1))] * 2, stops_early=True)
    net, _, optimizer, batches, stopping = mlp_run(plan)
    objective, _ = diverge_at(epoch=1)

    message = r"^The loss of member 1 is not finite at step 2 of epoch 1, at a learning rate of 0\.05: "
    with pytest.raises(
        TrainingError, match=message + r"the steps are too large\. Try a lower lr, or clip_norm=1\.$"
    ):
        train(net, objective, optimizer, batches, max_epochs=5, early_stopping=stopping)


def test_train__loss_not_finite_later__keeps_the_best_and_warns() -> None:
    plan = TrainingPlan.folds([(np.arange(40), np.arange(1))] * 2, stops_early=True)
    net, _, optimizer, batches, stopping = mlp_run(plan)
    objective, steps = diverge_at(epoch=3)

    with pytest.warns(TrainingWarning, match=r"step 2 of epoch 3, .* The best weights before it are kept\.$"):
        history = train(net, objective, optimizer, batches, max_epochs=5, early_stopping=stopping)

    assert history.ending == "diverged"
    assert len(history.epochs) == 2
    assert len(steps) == 9
    stopping.restore([0, 1])
    assert all(p.isfinite().all() for p in net.parameters())


def test_train__too_large_steps_without_stopping__is_an_error() -> None:
    x, y = line()
    net = MLP(3, 1, hidden_layer_sizes=(8,)).double()
    optimizer = make_optimizer("sgd", net.named_parameters(), lr=1e6)

    with pytest.raises(TrainingError, match=r"at a learning rate of 1e\+06: the steps are too large"):
        train(net, nn.MSELoss(), optimizer, [(x, y)], max_epochs=200)


@pytest.mark.bad_input(96)
def test_train__ctrl_c_after_an_epoch__ends_the_run_with_what_there_is() -> None:
    net, objective, optimizer, batches, stopping = mlp_run(folds(40, 2))

    def interrupt(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    history = train(
        net, objective, optimizer, batches, max_epochs=9, early_stopping=stopping, on_epoch=interrupt
    )

    assert history.ending == "interrupted"
    assert len(history.epochs) == 2
    assert history.best_epochs == stopping.best_epochs
    assert all(history.best_epochs)


def test_train__ctrl_c_before_the_first_epoch_ends__is_passed_on() -> None:
    def interrupted(*_: Tensor) -> Tensor:
        raise KeyboardInterrupt

    net = nn.Linear(3, 1).double()

    with pytest.raises(KeyboardInterrupt):
        train(net, interrupted, torch.optim.SGD(net.parameters()), [line()], max_epochs=3)


def test_train__stop_event__ends_the_run_as_ctrl_c_does() -> None:
    net, objective, optimizer, batches, stopping = mlp_run(folds(40, 2))
    stop = Event()

    def in_time(epoch: Epoch) -> None:
        if epoch.epoch == 3:
            stop.set()

    history = train(
        net,
        objective,
        optimizer,
        batches,
        max_epochs=9,
        early_stopping=stopping,
        on_epoch=in_time,
        stop=stop,
    )

    assert history.ending == "interrupted"
    assert len(history.epochs) == 3
    assert history.best_epochs == stopping.best_epochs
    assert history.judged_members == [0, 1]


def test_train__stop_event_before_the_first_epoch_ends__is_an_interrupt() -> None:
    stop = Event()
    stop.set()
    net = nn.Linear(3, 1).double()
    before = net.weight.detach().clone()

    with pytest.raises(KeyboardInterrupt):
        train(net, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.1), [line()], max_epochs=3, stop=stop)

    assert torch.equal(net.weight, before)


def test_train__waves__end_a_run_that_gets_no_better() -> None:
    net, objective, optimizer, batches, stopping = mlp_run(folds(40, 2), patience=None, lr=0.0)

    history = train(
        net,
        objective,
        optimizer,
        batches,
        max_epochs=30,
        schedule="coslog4",
        early_stopping=stopping,
    )

    assert history.ending == "stopped early"
    # Better in the first epoch only: that is the first half of the first wave, of two epochs; the second has four.
    assert len(history.epochs) == 6


@pytest.mark.parametrize(("long_epoch", "judged"), [(256, 2), (10, 5)])
def test_train__long_epochs__are_judged_at_wave_ends_too(
    monkeypatch: pytest.MonkeyPatch, long_epoch: int, judged: int
) -> None:
    monkeypatch.setattr("netable.train.loop.LONG_EPOCH", long_epoch)
    net, objective, optimizer, _, stopping = mlp_run(folds(40, 2), patience=None)
    x, y = line()
    rows = [torch.arange(20, 40), torch.arange(20)]
    batches = Batches((x,), y, torch.ones(40, dtype=x.dtype), batch_size=1, rows=rows)
    modes: list[bool] = []
    update = stopping.update

    def watched(epoch: int) -> list[float | None]:
        modes.append(net.training)
        return update(epoch)

    monkeypatch.setattr(stopping, "update", watched)
    history = train(
        net, objective, optimizer, batches, max_epochs=2, schedule="coslog4", early_stopping=stopping
    )

    # Waves end at 1/15, 3/15 and 7/15 of the run, all within the first of two epochs; after each, training goes on.
    assert len(modes) == judged
    assert all(modes)
    assert len(history.epochs) == 2


def moved_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Epoch], None]:
    """Each epoch takes a second."""
    now = [0.0]
    monkeypatch.setattr("netable.train.optim.perf_counter", lambda: now[0])

    def on_epoch(_: Epoch) -> None:
        now[0] += 1

    return on_epoch


def test_train__time_limit__shortens_the_schedule_to_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    net, objective, optimizer, batches, stopping = mlp_run(folds(40, 2))

    history = train(
        net,
        objective,
        optimizer,
        batches,
        max_epochs=1000,
        schedule="cosine",
        time_limit=5.0,
        early_stopping=stopping,
        on_epoch=moved_clock(monkeypatch),
    )

    assert history.ending == "out of time"
    assert len(history.epochs) == 5
    factors = [schedule_factor("cosine", second / 5) for second in range(5)]
    assert [e.lr / 0.05 for e in history.epochs] == pytest.approx(factors, abs=0.02)
    assert all(history.best_epochs)


def timed(monkeypatch: pytest.MonkeyPatch, *, step: float, judging: float) -> Callable[[], float]:
    """A clock that only steps and evaluations of held-out rows move, by so many seconds; returns its time."""
    now = [0.0]
    train_step, update = loop.train_step, EarlyStopping.update

    def moved(seconds: float, call: Callable[..., Any]) -> Callable[..., Any]:
        def moving(*args: Any) -> Any:
            now[0] += seconds
            return call(*args)

        return moving

    monkeypatch.setattr("netable.train.optim.perf_counter", lambda: now[0])
    monkeypatch.setattr(loop, "perf_counter", lambda: now[0])
    monkeypatch.setattr(loop, "train_step", moved(step, train_step))
    monkeypatch.setattr(EarlyStopping, "update", moved(judging, update))
    return lambda: now[0]


@pytest.mark.parametrize("to_follow", [0.0, 2.0])
def test_train__time_limit__leaves_time_for_the_last_evaluation_and_what_follows(
    to_follow: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, objective, optimizer, batches, stopping = mlp_run(folds(40, 2))
    seconds = timed(monkeypatch, step=0.01, judging=1.0)

    history = train(
        net,
        objective,
        optimizer,
        batches,
        max_epochs=10_000,
        schedule="coslog4",
        time_limit=20.0,
        judgings_to_follow=to_follow,
        early_stopping=stopping,
    )

    assert history.ending == "out of time"
    assert 20 - 1.5 < seconds() + to_follow <= 20 + 0.02


def test_train__epoch_longer_than_waves_of_the_time__is_judged_within(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, objective, optimizer, _, stopping = mlp_run(folds(40, 2))
    x, y = line()
    rows = [torch.arange(20), torch.arange(20, 40)]
    batches = Batches((x,), y, torch.ones(40, dtype=x.dtype), batch_size=1, rows=rows)
    timed(monkeypatch, step=100.0 / len(batches), judging=0.0)  # an epoch would take 100 seconds
    judged: list[int] = []
    update = stopping.update
    monkeypatch.setattr(stopping, "update", lambda epoch: [judged.append(epoch), update(epoch)][1])

    history = train(
        net,
        objective,
        optimizer,
        batches,
        max_epochs=100,
        schedule="coslog4",
        time_limit=100.0 * (1 - 0.5 / len(batches)),
        early_stopping=stopping,
    )

    assert len(history.epochs) == 1
    assert 1 < len(judged) <= 4


def test_train__time_that_suffices__changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    histories = []
    for limit in (None, 100.0):
        net, objective, optimizer, batches, _ = mlp_run(folds(40, 2))
        histories.append(
            train(
                net,
                objective,
                optimizer,
                batches,
                max_epochs=5,
                schedule="coslog4",
                time_limit=limit,
                on_epoch=moved_clock(monkeypatch),
            )
        )

    assert [h.ending for h in histories] == ["finished"] * 2
    assert [e.train_loss for e in histories[0].epochs] == [e.train_loss for e in histories[1].epochs]


def test_train__bfloat16__learns_as_well_and_keeps_weights_in_float32() -> None:
    x, y = (t.float() for t in line(400))
    y = (y / 3).sin()
    losses = {}
    for precision in ("float32", "bfloat16"):
        net = MLP(3, 1, hidden_layer_sizes=(32,), generator=torch.Generator().manual_seed(0))
        optimizer = make_optimizer("adamw", net.named_parameters(), lr=0.01)
        batches = Batches(x, y, batch_size=50, generator=torch.Generator().manual_seed(0))
        history = train(net, nn.MSELoss(), optimizer, batches, max_epochs=40, precision=precision)
        losses[precision] = history.epochs[-1].train_loss[0]
        assert {p.dtype for p in net.parameters()} == {torch.float32}
        assert {p.grad.dtype for p in net.parameters() if p.grad is not None} == {torch.float32}

    assert losses["float32"] < 0.02 * y.var()
    # Three decimal digits in products: the same but for a hundredth of what a constant leaves.
    assert losses["bfloat16"] == pytest.approx(losses["float32"], abs=0.01 * y.var().item())
    assert losses["bfloat16"] != losses["float32"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_train__on_a_gpu__follows_the_cpu() -> None:
    losses = []
    for device in ("cpu", "cuda"):
        x, y = (t.to(device) for t in line())
        generator = torch.Generator().manual_seed(0)
        net = MLP(3, 1, hidden_layer_sizes=(8,), generator=generator).double().to(device)
        optimizer = make_optimizer("adamw", net.named_parameters(), lr=0.05)
        batches = Batches(x, y, batch_size=16, generator=generator)
        history = train(net, nn.MSELoss(), optimizer, batches, max_epochs=10, clip_norm=1.0)
        losses.append([e.train_loss[0] for e in history.epochs])

    assert losses[0] == pytest.approx(losses[1], rel=1e-8)


@pytest.mark.parametrize(("d_hidden", "threads"), [(16, 1), (400, 2)])
def test_train__small_net__has_one_thread_and_leaves_the_number(d_hidden: int, threads: int) -> None:
    net = nn.Sequential(nn.Linear(3, d_hidden), nn.Linear(d_hidden, 400), nn.Linear(400, 1)).double()
    batches = Batches(*line(8), batch_size=4)
    used: list[int] = []

    def criterion(output: Tensor, target: Tensor) -> Tensor:
        used.append(torch.get_num_threads())
        return nn.functional.mse_loss(output, target)

    with torch_threads(2):
        train(net, criterion, make_optimizer("sgd", net.named_parameters(), lr=0.01), batches, max_epochs=1)

        assert torch.get_num_threads() == 2
    assert used[:2] == [threads, threads]  # the steps; afterwards the losses are probed

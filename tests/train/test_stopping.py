from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from netable.nn import MLP
from netable.train import EarlyStopping, Objective, TrainingPlan
from netable.train import stopping as stopping_module
from netable.train.stopping import outputs_for, rows_of_members


class Constants(nn.Module):
    """Members that answer one number each, to any question; its square is the loss where the target is 0."""

    def __init__(self, *answers: float) -> None:
        super().__init__()
        self.answer = nn.Parameter(torch.tensor(answers).view(-1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.answer.expand(len(self.answer), x.shape[-2], 1)

    def become(self, *answers: float) -> None:
        with torch.no_grad():
            self.answer.copy_(torch.tensor(answers).view(-1, 1, 1))

    def answers(self) -> list[float]:
        return self.answer.flatten().tolist()


def fold_plan(*sizes: int) -> TrainingPlan:
    folds = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    everything = np.arange(sum(sizes))
    return TrainingPlan.folds([(np.setdiff1d(everything, f), f) for f in folds], stops_early=True)


def watch(
    net: nn.Module,
    plan: TrainingPlan,
    *,
    n_rows: int,
    weight: Sequence[float] | None = None,
    patience: int | None = 2,
) -> EarlyStopping:
    x, y = torch.zeros(n_rows, 1), torch.zeros(n_rows, 1)
    row_weight = torch.ones(n_rows) if weight is None else torch.tensor(weight)
    return EarlyStopping(net, Objective("regression"), (x,), y, row_weight, plan, patience)


def test_folds__each_epoch__is_chosen_by_the_others_curves() -> None:
    net = Constants(0.0, 0.0, 0.0)
    stopping = watch(net, fold_plan(2, 2, 2), n_rows=6)
    # Losses: member 0 is best at epoch 3, members 1 and 2 at epoch 1.
    for epoch, answers in enumerate([(3.0, 1.0, 1.0), (2.0, 2.0, 1.5), (0.0, 2.5, 2.5)], start=1):
        net.become(*answers)
        stopping.update(epoch)

    # The others' losses, epoch by epoch: 2, 6.25, 12.5 for member 0; 10, 6.25, 6.25 for 1; 10, 8, 6.25 for 2.
    assert stopping.best_epochs == [1, 2, 3]
    stopping.restore([0, 1, 2])
    assert net.answers() == [3.0, 2.0, 2.5]


def test_folds__own_rows__never_decide() -> None:
    net = Constants(1.0, 1.0, 1.0)
    stopping = watch(net, fold_plan(1, 1, 1), n_rows=3)
    stopping.update(1)
    net.become(0.0, 1.0, 1.0)  # better on its own held-out row only
    stopping.update(2)

    assert stopping.best_epochs == [1, 2, 2]


def test_folds__parts_of_different_sizes__count_by_rows_and_weights() -> None:
    net = Constants(1.0, 2.0, 3.0)
    weight = [1.0, 1.0, 2.0, 4.0, 1.0, 1.0]
    stopping = watch(net, fold_plan(2, 1, 3), n_rows=6, weight=weight)

    assert stopping.update(1) == [1.0, 4.0, 9.0]
    # Member 1 is judged by (1·2 + 9·6) / 8 = 7: a better first part cannot make up for a worse third.
    net.become(0.0, 2.0, 3.2)
    stopping.update(2)
    assert stopping.best_epochs == [1, 1, 2]


def test_holdout__halves__choose_for_each_other() -> None:
    class PerRow(nn.Module):
        """One member whose loss on row i is the square of its ith parameter."""

        def __init__(self) -> None:
            super().__init__()
            self.values = nn.Parameter(torch.zeros(1, 4))

        def forward(self, row: Tensor) -> Tensor:
            return self.values[0][row.long()]

    net = PerRow()
    plan = TrainingPlan.holdout(np.arange(0), np.arange(4), seed=0)
    first, second = (torch.from_numpy(held.rows) for held in plan.held_out)
    rows = torch.arange(4.0)[:, None]
    stopping = EarlyStopping(net, Objective("regression"), (rows,), torch.zeros(4, 1), torch.ones(4), plan, 9)
    for epoch, (on_first, on_second) in enumerate([(1.0, 3.0), (2.0, 1.0), (2.0, 1.5)], start=1):
        with torch.no_grad():
            net.values[0, first], net.values[0, second] = on_first, on_second
        assert stopping.update(epoch) == [on_first**2, on_second**2]

    # Both halves choose epoch 2; the second half alone epoch 2, the first alone epoch 1.
    assert stopping.best_epochs == [2, 2, 1]


def test_patience__no_candidate_improves__runs_out() -> None:
    net = Constants(1.0, 1.0)
    stopping = watch(net, fold_plan(1, 1), n_rows=2, patience=2)
    exhausted = []
    # Better in both, better in one, equal, worse, worse.
    for epoch, answers in enumerate([(1.0, 1.0), (1.0, 0.5), (1.0, 0.5), (2.0, 2.0), (3.0, 3.0)], start=1):
        net.become(*answers)
        stopping.update(epoch)
        exhausted.append(stopping.exhausted(wave_ended=False))

    assert exhausted == [False, False, False, True, True]


def waves_until_over(losses: Sequence[float], wave_ends: Sequence[int]) -> int | None:
    """The epoch after which a run without patience is over, by its losses and the epochs that end a wave."""
    net = Constants(1.0, 1.0)
    stopping = watch(net, fold_plan(1, 1), n_rows=2, patience=None)
    for epoch, loss in enumerate(losses, start=1):
        net.become(loss, loss)
        stopping.update(epoch)
        if stopping.exhausted(wave_ended=epoch in wave_ends):
            return epoch
    return None


@pytest.mark.parametrize(
    ("losses", "over"),
    [
        ([8, 7, 6, 5, 4, 3, 2, 1], None),
        ([8, 7, 6, 5, 9, 9, 9, 1], None),
        ([8, 7, 6, 1, 9, 9, 9, 9], None),  # better until the half: the fall of the rate has had no chance yet
        ([8, 7, 1, 9, 9, 9, 9, 9], 8),  # five of eight brought nothing
        ([1, 9, 9, 9, 9, 9, 9, 9], 8),
    ],
)
def test_waves__second_half_brings_nothing_better__ends_the_run(losses: list[int], over: int | None) -> None:
    assert waves_until_over([float(loss) for loss in losses], [8]) == over


def test_waves__each_wave__is_measured_by_its_own_length() -> None:
    # Waves of two, four and eight epochs; the third brings nothing after its first epoch.
    losses = [9.0, 8.0, 9.0, 9.0, 7.0, 6.0, 5.0, *[9.0] * 7]

    assert waves_until_over(losses, [2, 6, 14]) == 14
    # Patience knows no waves.
    net = Constants(1.0, 1.0)
    stopping = watch(net, fold_plan(1, 1), n_rows=2, patience=3)
    for epoch in range(1, 4):
        stopping.update(epoch)
        assert not stopping.exhausted(wave_ended=True)


@pytest.mark.parametrize(
    ("fourth", "over"),
    [
        (
            7.9,
            9,
        ),  # its square is four hundredths less: the next wave would take as long as all before it for less
        (7.7, 12),  # eleven: worth another, which brings nothing
    ],
)
def test_waves__fourth_brings_little__is_the_last(fourth: float, over: int) -> None:
    losses = [9.0, 8.5, 8.2, 8.2, 8.1, 8.08, 8.07, 8.06, fourth, *[8.0] * 3]

    assert waves_until_over(losses, [1, 3, 6, 9, 12]) == over


def test_waves__first_three_bring_little__another_follows() -> None:
    assert waves_until_over([9.0, 8.99, 8.98, 8.97, 8.96, 8.95, 8.94, 8.93, 8.92], [3, 6, 9]) is None


def test_waves__of_two_epochs__tell_nothing() -> None:
    assert waves_until_over([9.0 - 0.01 * epoch for epoch in range(10)], [2, 4, 6, 8, 10]) is None


def test_waves__none_has_ended__goes_on() -> None:
    assert waves_until_over([1.0] * 40, []) is None


def test_restore__after_worse_epochs__gives_exactly_the_best_weights() -> None:
    generator = torch.Generator().manual_seed(0)
    net = MLP(1, 1, hidden_layer_sizes=(5,), members=(2,), generator=generator)
    stopping = watch(net, fold_plan(1, 1), n_rows=2)
    best = [p.detach().clone() for p in net.parameters()]  # a new network answers 0, which is the target
    stopping.update(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(1)
    stopping.update(2)

    stopping.restore([0, 1])

    assert all(torch.equal(p, b) for p, b in zip(net.parameters(), best, strict=True))


def test_restore__other_candidates__come_in_the_order_asked_for() -> None:
    net = Constants(1.0, 2.0)
    stopping = watch(net, fold_plan(1, 1), n_rows=2)
    stopping.update(1)
    stopping.restore([1, 1])

    assert net.answers() == [2.0, 2.0]


def test_update__loss_not_finite_in_one_part__makes_nothing_best() -> None:
    net = Constants(float("nan"), 1.0, 1.0)
    stopping = watch(net, fold_plan(1, 1, 1), n_rows=3)
    stopping.update(1)

    assert not stopping.has_best
    net.become(2.0, 2.0, 2.0)
    stopping.update(2)
    assert stopping.has_best
    assert stopping.best_epochs == [2, 2, 2]


def test_own_rows__several_parts__follow_each_other_and_are_filled_up() -> None:
    parts = [(0, torch.tensor([4, 5])), (2, torch.tensor([7])), (0, torch.tensor([6]))]

    assert rows_of_members(parts, 3).tolist() == [[4, 5, 6], [0, 0, 0], [7, 0, 0]]


@pytest.mark.parametrize("chunk_rows", [1, 7, 10_000])
def test_outputs_for__any_chunks__are_what_each_member_says_of_its_rows(
    chunk_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.Parameter(torch.tensor([1.0, 10.0]).view(2, 1, 1))

        def forward(self, x: Tensor) -> Tensor:
            assert not self.training
            return x * self.factor

    monkeypatch.setattr(stopping_module, "CHUNK_ROWS", chunk_rows)
    rows = torch.tensor([[0, 1, 2, 3, 4], [9, 8, 7, 6, 5]])

    outputs = outputs_for(Scaled().train(), (torch.arange(10.0)[:, None],), rows)

    assert outputs.squeeze(-1).tolist() == [[0, 1, 2, 3, 4], [90, 80, 70, 60, 50]]


def test_update__large_parts__are_judged_by_some_of_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping_module, "JUDGING_ROWS", 5)
    seen: list[int] = []

    class Counted(Constants):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x.shape[-2])
            return super().forward(x)

    stopping = watch(Counted(1.0, 2.0), fold_plan(40, 4), n_rows=44)

    assert stopping.update(1) == [1.0, 4.0]
    assert seen == [5]

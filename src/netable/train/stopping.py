"""Early stopping by held-out losses: no epoch is chosen by the rows that will score it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from netable.compute.executor import SOLO, Team
from netable.compute.memory import in_chunks
from netable.train.batches import rows_at
from netable.train.objective import Objective
from netable.train.peers import Peers
from netable.train.plan import Rows, TrainingPlan

# Rows evaluated at once, over all members: enough to be efficient, small enough for any memory.
CHUNK_ROWS = 8192
# A wave takes as long as all before it, so another follows only if the last lowered the loss by at least this share.
# The first waves, and those of few epochs, are not judged: their losses are mostly noise.
WAVE_GAIN = 0.05
FIRST_JUDGED_WAVE, JUDGED_EPOCHS = 4, 3
# Rows of a held-out part that are measured after an epoch, at most: enough to compare epochs.
JUDGING_ROWS = 20_000


class EarlyStopping:
    """Watches held-out losses after each epoch and keeps the weights of every candidate's best epoch.

    Parameters
    ----------
    net : nn.Module
        A stack of members: every parameter's first dimension counts members.
    objective : Objective
    inputs, y, weight : tensors over all rows
    plan : TrainingPlan
        The held-out parts, and the candidates that they judge.
    patience : int, optional
        Epochs without an improvement of any candidate before the run ends. If None, the run ends with a wave of the
        schedule that lowered the loss by little, or did not lower it in its second half, where the rate falls.
    peers : Peers, optional
        The processes that train the other members of the plan; `net` and `objective` have those of this one only.
    """

    def __init__(
        self,
        net: nn.Module,
        objective: Objective,
        inputs: tuple[Tensor, ...],
        y: Tensor,
        weight: Tensor,
        plan: TrainingPlan,
        patience: int | None,
        peers: Peers | None = None,
    ) -> None:
        self.net = net
        self.objective = objective
        self.inputs, self.y, self.weight = inputs, y, weight
        self.patience = patience
        self.peers = peers
        self._team = peers.team if peers else SOLO
        self.judged_members = [held.member for held in plan.held_out]
        mine = list(peers.mine if peers else range(len(plan)))
        self._parts = [
            (mine.index(held.member), torch.from_numpy(_part(_sample(held.rows), self._team)))
            for held in plan.held_out
            if held.member in mine
        ]
        self._rows = rows_of_members(self._parts, len(mine)).to(y.device)
        # The candidates whose weights are here, and the places of their members in the network.
        self._mine = [i for i, candidate in enumerate(plan.candidates) if candidate.member in mine]
        self._members = torch.tensor([mine.index(plan.candidates[i].member) for i in self._mine])
        # Judging is done on the CPU, in float64, which some devices do not have.
        self._judges = torch.zeros(len(plan.candidates), len(plan.held_out), dtype=torch.float64)
        for row, candidate in zip(self._judges, plan.candidates, strict=True):
            row[list(candidate.judged_by)] = 1
        self._best_loss = torch.full((len(plan.candidates),), torch.inf, dtype=torch.float64)
        self._best_weights = [p.detach()[self._members].clone() for p in net.parameters()]
        self.best_epochs = [0] * len(plan.candidates)
        self._waited = 0
        self._epochs_in_wave = 0
        self._waves_ended = 0
        self._loss_before_wave = float("inf")

    def exhausted(self, *, wave_ended: bool) -> bool:
        """True if patience has run out; call it once an epoch."""
        if self.patience is not None:
            return self._waited >= self.patience
        if not wave_ended:
            return False
        length, self._epochs_in_wave = self._epochs_in_wave, 0
        before, self._loss_before_wave = self._loss_before_wave, float(self._best_loss.mean())
        self._waves_ended += 1
        is_judged = self._waves_ended >= FIRST_JUDGED_WAVE and length >= JUDGED_EPOCHS
        gained_little = before - self._loss_before_wave < WAVE_GAIN * abs(before)
        return self._waited > length / 2 or (is_judged and gained_little)

    @property
    def rows_measured(self) -> int:
        """Outputs that an evaluation computes, over all members."""
        return self._rows.numel()

    @property
    def has_best(self) -> bool:
        """True if every candidate has weights with a finite loss."""
        return bool(self._best_loss.isfinite().all())

    def update(self, epoch: int) -> list[float | None]:
        """Measure every held-out part and keep the best weights so far; returns the parts' mean losses."""
        loss_sums, weight_sums = self._of_all_parts(*self._measure())
        judging = self._judges @ weight_sums
        judged = (self._judges @ loss_sums) / judging
        better = judged < self._best_loss  # never true for NaN
        self._epochs_in_wave += 1
        self._waited = 0 if bool(better.any()) or not bool(judging.any()) else self._waited + 1
        better |= judging == 0  # a candidate that no weight judges takes its latest weights
        if bool(better.any()):
            self._best_loss = torch.where(better, judged, self._best_loss)
            mine = better[self._mine]
            for best, parameter in zip(self._best_weights, self.net.parameters(), strict=True):
                best[mine] = parameter.detach()[self._members[mine]]
            for candidate in better.nonzero().flatten().tolist():
                self.best_epochs[candidate] = epoch
        sums = zip(loss_sums.tolist(), weight_sums.tolist(), strict=True)
        return [loss / weight if weight else None for loss, weight in sums]

    @torch.no_grad()
    def restore(self, candidates: Sequence[int]) -> None:
        """Give the network's members, in order, the best weights of these candidates."""
        places = [self._mine.index(candidate) for candidate in candidates]
        for best, parameter in zip(self._best_weights, self.net.parameters(), strict=True):
            parameter.copy_(best[places])

    def of_all_members(self, values: Sequence[float]) -> list[float]:
        """A value of each member, from those of the network's members; every process has to call this."""
        if not self.peers:
            return list(values)
        given = self.peers.share(values)
        by_member = {
            member: value
            for rank, members in self.peers.members.items()
            for member, value in zip(members, given[rank], strict=True)
        }
        return [by_member[member] for member in sorted(by_member)]

    def state_dict(self) -> dict[str, Any]:
        """The best weights so far, and the epochs since."""
        return {
            "best_loss": self._best_loss,
            "candidates": self._mine,
            "best_weights": self._best_weights,
            "best_epochs": self.best_epochs,
            "counts": [self._waited, self._epochs_in_wave, self._waves_ended],
            "loss_before_wave": self._loss_before_wave,
        }

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from there."""
        self._best_loss.copy_(state["best_loss"])
        for best, saved in zip(self._best_weights, state["best_weights"], strict=True):
            best.copy_(saved)
        self.best_epochs[:] = state["best_epochs"]
        self._waited, self._epochs_in_wave, self._waves_ended = state["counts"]
        self._loss_before_wave = state["loss_before_wave"]

    def agree(self, *, wants_to_stop: bool) -> bool:
        """True if any process wants the run to stop; every process has to call this."""
        if not self.peers:
            return wants_to_stop
        return any(given[0] for given in self.peers.share([wants_to_stop]).values())

    def _of_all_parts(self, loss_sums: Tensor, weight_sums: Tensor) -> tuple[Tensor, Tensor]:
        """The sums of every held-out part, from those that this process has measured."""
        if not self.peers:
            return loss_sums, weight_sums
        sums = torch.empty(2, len(self.judged_members), dtype=torch.float64)
        given = self.peers.share([*loss_sums.tolist(), *weight_sums.tolist()])
        for rank, members in self.peers.members.items():
            places = [i for i, member in enumerate(self.judged_members) if member in members]
            sums[:, places] = torch.tensor(given[rank], dtype=torch.float64).view(2, -1)
        return sums[0], sums[1]

    def _measure(self) -> tuple[Tensor, Tensor]:
        """The sum of weighted losses and of weights of each held-out part that is measured here."""
        if not self._parts:
            return torch.empty(0), torch.empty(0)
        output = outputs_for(self.net, self.inputs, self._rows)
        losses = self.objective.row_losses(output, rows_at(self.y, self._rows))
        weights = rows_at(self.weight, self._rows)
        loss_sums, weight_sums = [], []
        filled = [0] * len(losses)
        for member, rows in self._parts:
            part = slice(filled[member], filled[member] + len(rows))
            loss_sums.append((losses[member, part] * weights[member, part]).sum())
            weight_sums.append(weights[member, part].sum())
            filled[member] += len(rows)
        sums = torch.stack([torch.stack(loss_sums), torch.stack(weight_sums)]).cpu().double()
        self._team.add_up(sums)
        return sums[0], sums[1]


def _part(rows: Rows, team: Team) -> Rows:
    """The held-out rows that this process of a team measures."""
    return rows[team.part(len(rows))]


def _sample(rows: Rows) -> Rows:
    if len(rows) <= JUDGING_ROWS:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, JUDGING_ROWS, replace=False))


def rows_of_members(parts: Sequence[tuple[int, Tensor]], n_members: int) -> Tensor:
    """Each member's rows, part after part, filled up with row 0 to a common length: (members, longest)."""
    by_member = [
        torch.cat([torch.empty(0, dtype=torch.int64), *(rows for m, rows in parts if m == member)])
        for member in range(n_members)
    ]
    return nn.utils.rnn.pad_sequence(by_member, batch_first=True)


@torch.no_grad()
def outputs_for(
    net: nn.Module,
    inputs: tuple[Tensor, ...],
    rows: Tensor,
    compute: Callable[..., Tensor] | None = None,
) -> Tensor:
    """The output of each member for its own rows, or what a method of the network computes in place of it.

    Shape
    -----
    inputs : (all rows, …)
    rows : (members, n)
    returns : (members, n, d_out)
    """
    net.eval()
    compute = compute or net
    parts = in_chunks(
        lambda some: compute(*(rows_at(t, rows[:, some]) for t in inputs)),
        rows.shape[1],
        max(1, CHUNK_ROWS // len(rows)),
        rows.device,
    )
    return torch.cat(parts, 1)

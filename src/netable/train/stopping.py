"""Early stopping that does not flatter: nobody picks an epoch on the rows that will score it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from netable.train.objective import Objective

# Rows evaluated at once, over all members: enough to be efficient, small enough for any memory.
CHUNK_ROWS = 16384


class HeldOut(NamedTuple):
    """Rows that one member has not learned from."""

    member: int
    rows: Tensor


class Candidate(NamedTuple):
    """A claim to a member's best weights: taken where the mean validation loss of these held-out parts is lowest."""

    member: int
    judged_by: Sequence[int]


class EarlyStopping:
    """Watches held-out losses after each epoch and keeps the weights of every candidate's best epoch.

    Parameters
    ----------
    net : nn.Module
        A stack of members: every parameter's first dimension counts members.
    objective : Objective
    inputs, y, weight : tensors over all rows
    held_out : sequence of HeldOut
    candidates : sequence of Candidate
    patience : int
        Epochs that no candidate improves in before the run is over.
    """

    def __init__(
        self,
        net: nn.Module,
        objective: Objective,
        inputs: tuple[Tensor, ...],
        y: Tensor,
        weight: Tensor,
        held_out: Sequence[HeldOut],
        candidates: Sequence[Candidate],
        patience: int,
    ) -> None:
        self.net = net
        self.objective = objective
        self.inputs, self.y, self.weight = inputs, y, weight
        self.held_out = held_out
        self.patience = patience
        self.members = torch.tensor([c.member for c in candidates], device=y.device)
        judges = torch.zeros(len(candidates), len(held_out), device=y.device)
        for row, candidate in zip(judges, candidates, strict=True):
            row[list(candidate.judged_by)] = 1 / len(candidate.judged_by)
        self._judges = judges
        self.best_losses = torch.full((len(candidates),), torch.inf, device=y.device)
        self.best_epochs = torch.zeros(len(candidates), dtype=torch.int64)
        self._best = [p.detach()[self.members].clone() for p in net.parameters()]
        self._waited = 0

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self._waited >= self.patience

    @property
    def has_best(self) -> bool:
        """Whether every candidate has weights that were measured and finite."""
        return bool((self.best_epochs > 0).all())

    def update(self, epoch: int) -> list[float]:
        """Measure every held-out part, keep what is best so far; the losses, one a part."""
        losses = self.losses()
        judged = self._judges @ losses.to(self._judges.dtype)
        better = judged < self.best_losses  # never true for NaN
        if bool(better.any()):
            self.best_losses = torch.where(better, judged, self.best_losses)
            self.best_epochs[better.cpu()] = epoch
            for best, parameter in zip(self._best, self.net.parameters(), strict=True):
                best[better] = parameter.detach()[self.members[better]]
            self._waited = 0
        else:
            self._waited += 1
        return losses.tolist()

    @torch.no_grad()
    def losses(self) -> Tensor:
        """The weighted mean loss of each held-out part."""
        per_member: dict[int, list[int]] = {}
        for part, held in enumerate(self.held_out):
            per_member.setdefault(held.member, []).append(part)
        n_members = next(self.net.parameters()).shape[0]
        sizes = [sum(len(self.held_out[p].rows) for p in per_member.get(m, [])) for m in range(n_members)]
        rows = torch.zeros(n_members, max(sizes), dtype=torch.int64, device=self.y.device)
        for member, parts in per_member.items():
            rows[member, : sizes[member]] = torch.cat([self.held_out[p].rows for p in parts])
        losses = torch.cat([self._row_losses(index) for index in rows.split(max(1, CHUNK_ROWS // n_members), 1)], 1)
        means = losses.new_zeros(len(self.held_out))
        for member, parts in per_member.items():
            own = losses[member, : sizes[member]].split([len(self.held_out[p].rows) for p in parts])
            for part, values in zip(parts, own, strict=True):
                weight = self.weight[self.held_out[part].rows]
                means[part] = (weight * values).sum() / weight.sum()
        return means

    def _row_losses(self, index: Tensor) -> Tensor:
        self.net.eval()
        output = self.net(*(t[index] for t in self.inputs))
        return self.objective.row_losses(output, self.y[index])

    @torch.no_grad()
    def restore(self, candidates: Sequence[int]) -> None:
        """Give the network's members, in order, the best weights of these candidates."""
        for best, parameter in zip(self._best, self.net.parameters(), strict=True):
            parameter.copy_(best[list(candidates)])

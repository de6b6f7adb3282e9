"""Boosting: trees that each lower the loss that those before them leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event
from time import perf_counter
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from netable.fit.members.member_rows import MemberRows
from netable.nn import TableNet
from netable.nn.bodies.trees import TREES_A_ROUND, ObliviousTrees
from netable.nn.growth import Binned, grow_tree
from netable.system.agenda import Deadline
from netable.train import EarlyStopping, Epoch, History, Objective
from netable.train.batches import rows_at

# A member's trees are grown from so many of its rows at most, and each from a share of these, at most so many.
ROWS_AT_MOST, SHARE_OF_ROWS, ROWS_A_TREE = 50_000, 0.7, 4_096
# Rows whose features are computed at once.
CHUNK_ROWS = 8_192
# Added to a missing number: others are between -3 and 3.
BELOW_ALL = -8.0
# A curvature that is less than this share of the gradient is that of a straight line, or rounding.
LEAST_CURVATURE = 1e-4


def grow_trees(
    net: TableNet,
    objective: Objective,
    rows: MemberRows,
    seeds: Sequence[int],
    rate: float,
    rounds: int,
    history: History,
    *,
    early_stopping: EarlyStopping | None,
    on_epoch: Callable[[Epoch], bool | None],
    stop: Event | None,
    deadline: Deadline,
) -> None:
    """Plant the trees of every member; an epoch is a round of trees (Friedman 2001, Ann. Statist. 29).

    As `netable.train.train`, it ends early where held-out losses no longer fall, on demand and at the deadline.

    Parameters
    ----------
    seeds : sequence of int
        One for each member.
    rate : float
        The share of a Newton step that a leaf takes.
    rounds : int
        At most.
    """
    body = cast(ObliviousTrees, net.body)
    body.planted = 0
    views = _views(net)
    growers = _growers(net, objective, rows, views.cpu(), seeds)
    began = perf_counter()
    try:
        for epoch in range(1, rounds + 1):
            losses = [grower.grow(body, views, rate, stop) for grower in growers]
            body.planted += TREES_A_ROUND
            valid = early_stopping.update(epoch) if early_stopping else []
            history.epochs.append(Epoch(epoch, losses, valid, rate, perf_counter() - began, rounds))
            began = perf_counter()
            if _is_over(history, early_stopping, on_epoch, deadline):
                break
    except KeyboardInterrupt:
        if not history.epochs:
            raise
        history.ending = "interrupted"
    if early_stopping:
        history.best_epochs = early_stopping.best_epochs
        history.judged_members = early_stopping.judged_members


def _is_over(
    history: History,
    early_stopping: EarlyStopping | None,
    on_epoch: Callable[[Epoch], bool | None],
    deadline: Deadline,
) -> bool:
    """Report an epoch; True if it is the last one, with the reason in the history's ending."""
    asked_to_stop = bool(on_epoch(history.epochs[-1]))
    if early_stopping:
        asked_to_stop = early_stopping.agree(wants_to_stop=asked_to_stop)
    if asked_to_stop or (early_stopping and early_stopping.exhausted(wave_ended=False)):
        history.ending = "stopped early"
    elif deadline.left() < 0:
        history.ending = "out of time"
    return history.ending != "finished"


class _Grower:
    """The rows from which the trees of one member grow, and their outputs so far."""

    def __init__(
        self,
        member: int,
        features: Tensor,
        y: Tensor,
        weight: Tensor,
        first: Tensor,
        objective: Objective,
        rng: np.random.Generator,
    ) -> None:
        self._member = member
        self._binned, self._y, self._weight = Binned.of(features), y, weight / weight.mean()
        self._output = first.expand(len(y), -1).clone()
        self._objective, self._rng = objective, rng

    def grow(self, body: ObliviousTrees, views: Tensor, rate: float, stop: Event | None) -> float:
        """Plant the trees of a round; returns the mean loss before the last one, on the rows that it grew from."""
        n_rows, loss = len(self._output), 0.0
        count = min(max(1, round(SHARE_OF_ROWS * n_rows)), ROWS_A_TREE)
        for number in range(body.planted, body.planted + TREES_A_ROUND):
            if stop and stop.is_set():
                raise KeyboardInterrupt
            some = np.sort(self._rng.choice(n_rows, count, replace=False))
            loss, gradient, curvature = self._derivatives(torch.from_numpy(some))
            tree, leaf = grow_tree(self._binned, some, gradient, curvature, self._rng)
            tree = tree._replace(leaves=rate * tree.leaves)
            body.plant(self._member, number, tree, views)
            self._output += torch.from_numpy(tree.leaves[leaf])
        return loss

    def _derivatives(self, some: Tensor) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """The mean loss of rows, and its gradient and curvature by their outputs, each (rows, d_out).

        Where a loss has no curvature, as that of a median, the length of the gradient takes its place. So it does for
        the logits of several classes, whose curvatures cancel: there its mean over the classes that a row may have is
        twice the curvature.
        """
        output = self._output[some].requires_grad_()
        weight = self._weight[some]
        loss = (weight * self._objective.row_losses(output.unsqueeze(0), self._y[some])).sum()
        (gradient,) = torch.autograd.grad(loss, output, create_graph=True)
        curvature = torch.zeros_like(gradient)
        if gradient.requires_grad:
            (curvature,) = torch.autograd.grad(gradient.sum(), output)
        gradient = gradient.detach()
        length = gradient.abs()
        curvature = curvature.where(curvature > LEAST_CURVATURE * length, length)
        mean = float(loss.detach() / weight.sum().clamp(min=torch.finfo(weight.dtype).tiny))
        return mean, gradient.double().numpy(), curvature.double().numpy()


def _views(net: TableNet) -> Tensor:
    """The features that trees see, as sums of those of the input layer: (d_in, n).

    Missing numbers are below all others. Means of pairs are left out: a tree looks at two columns by itself.
    """
    inputs, encoding = net.inputs, net.encoding
    views = torch.eye(inputs.d_out, device=inputs.center.device)
    d_num = inputs.center.shape[-1]
    numbers = torch.arange(d_num)
    views[d_num + numbers, numbers] = BELOW_ALL
    if not encoding:
        return views
    first, second = encoding.groups.columns.T
    of_pairs = (first != second).repeat_interleave(encoding.means.shape[-1])
    seen = torch.ones(inputs.d_out, dtype=torch.bool)
    seen[d_num - encoding.d_out : d_num] = ~of_pairs
    return views[:, seen]


@torch.no_grad()
def _growers(
    net: TableNet, objective: Objective, rows: MemberRows, views: Tensor, seeds: Sequence[int]
) -> list[_Grower]:
    """Those of all members, on the CPU."""
    streams = [np.random.default_rng(seed) for seed in seeds]
    learned = [
        torch.from_numpy(_some(learned.nonzero().flatten().cpu().numpy(), rng))
        for learned, rng in zip(rows.learned, streams, strict=True)
    ]
    index = nn.utils.rnn.pad_sequence(learned, batch_first=True).to(rows.y.device)  # (members, longest)
    net.eval()
    parts = [
        net.features(*(rows_at(part, some) for part in rows.inputs)).cpu() @ views
        for some in index.split(max(1, CHUNK_ROWS // len(index)), 1)
    ]
    features, first = torch.cat(parts, 1), cast(ObliviousTrees, net.body).head.bias.cpu()
    y, weight, objective = rows.y.cpu(), rows.training_weight.cpu(), objective.to(torch.device("cpu"))
    return [
        _Grower(m, features[m, : len(own)], y[own], weight[own], first[m], objective.take([m]), streams[m])
        for m, own in enumerate(learned)
    ]


def _some(learned: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    if len(learned) <= ROWS_AT_MOST:
        return learned
    return np.sort(rng.choice(learned, ROWS_AT_MOST, replace=False))

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

from netable.config.recipe import Recipe
from netable.fit.members.growth import Binned, grow
from netable.fit.members.member_rows import MemberRows
from netable.fit.preparation.resolve import TREES_A_ROUND
from netable.nn import TableInput, TableNet
from netable.nn.bodies.trees import N_TREES, ObliviousTrees
from netable.system.agenda import Deadline
from netable.train import EarlyStopping, Epoch, History, Objective
from netable.train.stopping import outputs_for

# A member's trees are grown from so many of its rows and cells at most, and each of them from so many rows.
ROWS_AT_MOST, CELLS_AT_MOST = 50_000, 2**23
ROWS_A_TREE = 4_096
# Added to a missing number: others are between -3 and 3.
BELOW_ALL = -8.0
# A curvature that is less than this share of the gradient is that of a straight line, or rounding.
LEAST_CURVATURE = 1e-4


def grow_trees(
    net: TableNet,
    objective: Objective,
    rows: MemberRows,
    recipe: Recipe,
    members: Sequence[int],
    seed: int,
    deadline: Deadline,
    *,
    early_stopping: EarlyStopping | None,
    on_epoch: Callable[[Epoch], bool | None],
    stop: Event | None,
    history: History,
) -> None:
    """Plant the trees of every member; an epoch is a round of trees (Friedman 2001, Ann. Statist. 29).

    As `netable.train.train`, it ends early where held-out losses no longer fall, on demand and at the deadline.

    Parameters
    ----------
    members : sequence of int
        The numbers of the members that are here, on which with the seed all choices depend.
    history : History
        Is filled.
    """
    body = cast(ObliviousTrees, net.body)
    body.planted = 0
    boosting = _Boosting(net, objective, rows, [seed + member for member in members])
    rounds = min(recipe.max_epochs, N_TREES // TREES_A_ROUND)  # a stack may be given more epochs
    began = perf_counter()
    try:
        for epoch in range(1, rounds + 1):
            if stop and stop.is_set():
                raise KeyboardInterrupt
            losses = boosting.grow(body, recipe.lr)
            body.planted += TREES_A_ROUND
            valid = early_stopping.update(epoch) if early_stopping else []
            history.epochs.append(Epoch(epoch, losses, valid, recipe.lr, perf_counter() - began, rounds))
            began = perf_counter()
            if _is_over(history, early_stopping, on_epoch, deadline, is_last=epoch == rounds):
                break
    except KeyboardInterrupt:
        if not history.epochs:
            raise
        history.ending = "interrupted"
        body.uproot()  # those of a round that was not finished
    if early_stopping:
        history.best_epochs = early_stopping.best_epochs
        history.judged_members = early_stopping.judged_members


def _is_over(
    history: History,
    early_stopping: EarlyStopping | None,
    on_epoch: Callable[[Epoch], bool | None],
    deadline: Deadline,
    *,
    is_last: bool,
) -> bool:
    """Report an epoch; True if it is the last one, with the reason in the history's ending."""
    asked_to_stop = bool(on_epoch(history.epochs[-1]))
    if early_stopping:
        asked_to_stop = early_stopping.agree(wants_to_stop=asked_to_stop)
    if asked_to_stop or (early_stopping and early_stopping.exhausted(wave_ended=False)):
        history.ending = "stopped early"
    elif deadline.left() < 0 and not is_last:
        history.ending = "out of time"
    return history.ending != "finished"


class _Boosting:
    """The rows from which the trees of all members grow, and their outputs so far, on the CPU.

    Members have as many rows as the one with the most: the last ones of others do not count.
    """

    @torch.no_grad()
    def __init__(self, net: TableNet, objective: Objective, rows: MemberRows, seeds: Sequence[int]) -> None:
        self._streams = [np.random.default_rng(seed) for seed in seeds]
        self._sizes = net.inputs.d_out, net.inputs.center.shape[-1]
        most = min(ROWS_AT_MOST, CELLS_AT_MOST // net.inputs.d_out)
        learned = [
            torch.from_numpy(_some(np.flatnonzero(learned), most, rng))
            for learned, rng in zip(_counting(rows), self._streams, strict=True)
        ]
        self._counts = [len(own) for own in learned]
        index = nn.utils.rnn.pad_sequence(learned, batch_first=True)  # (members, longest)
        self._binned = Binned.of(
            self._features(net, rows, index.to(rows.y.device)), self._counts, self._streams
        )
        counts = torch.tensor(self._counts).unsqueeze(1)
        self._y, weight = rows.y.cpu()[index], rows.training_weight.cpu()[index]
        weight = weight * (torch.arange(index.shape[1]) < counts)
        mean = weight.sum(1, keepdim=True) / counts
        self._weight = weight / mean.clamp(min=torch.finfo(weight.dtype).tiny)
        self._objective = objective.to(torch.device("cpu"))
        first = cast(ObliviousTrees, net.body).head.bias.cpu()
        self._output = first.expand(-1, index.shape[1], -1).clone()

    def _features(self, net: TableNet, rows: MemberRows, index: Tensor) -> Tensor:
        """The features of each member's rows, (members, rows, d_in), with missing numbers below all others."""
        features = outputs_for(net, rows.inputs, index, net.features).cpu()
        d_num = self._sizes[1]
        features[..., :d_num] += BELOW_ALL * features[..., d_num : 2 * d_num]
        features[..., _of_texts(net.inputs)] = 0  # what is not learned tells nothing
        return features

    def grow(self, body: ObliviousTrees, rate: float) -> list[float]:
        """Plant the trees of a round; returns each member's mean loss before the last one, on rows it grew from."""
        losses: list[float] = []
        for number in range(body.planted, body.planted + TREES_A_ROUND):
            rows = self._rows_of_a_tree()
            losses, gradient, curvature = self._derivatives(rows)
            trees, leaf = grow(self._binned, rows, gradient, curvature, self._streams)
            leaves = torch.from_numpy(rate * trees.leaves).to(self._output)
            body.plant(number, self._picks(trees.features), torch.from_numpy(trees.thresholds), leaves)
            self._output += leaves[torch.arange(len(leaves)).unsqueeze(1), torch.from_numpy(leaf)]
        return losses

    def _rows_of_a_tree(self) -> NDArray[np.int64] | None:
        """Random rows of each member; None for all. A member of fewer has its last one several times."""
        if max(self._counts) <= ROWS_A_TREE:
            return None
        drawn = [
            _some(np.arange(count), ROWS_A_TREE, rng)
            for count, rng in zip(self._counts, self._streams, strict=True)
        ]
        most = self._weight.shape[1] - 1  # of such a member this row does not count
        return np.stack([np.append(own, np.full(ROWS_A_TREE - len(own), most)) for own in drawn])

    def _derivatives(
        self, rows: NDArray[np.int64] | None
    ) -> tuple[list[float], NDArray[np.float64], NDArray[np.float64]]:
        """Each member's mean loss on rows, and its gradient and curvature by their outputs, (members, rows, d_out).

        Where a loss has no curvature, as that of a median, the length of the gradient takes its place. So it does for
        the logits of several classes, whose curvatures cancel: there its mean over the classes that a row may have is
        twice the curvature.
        """
        output, y, weight = self._output, self._y, self._weight
        if rows is not None:
            every, some = torch.arange(len(rows)).unsqueeze(1), torch.from_numpy(rows)
            output, y, weight = output[every, some], y[every, some], weight[every, some]
        output = output.detach().requires_grad_()
        losses = (weight * self._objective.row_losses(output, y)).sum(1)
        (gradient,) = torch.autograd.grad(losses.sum(), output, create_graph=True)
        curvature = torch.zeros_like(gradient)
        if gradient.requires_grad:
            (curvature,) = torch.autograd.grad(gradient.sum(), output)
        gradient = gradient.detach()
        length = gradient.abs()
        curvature = curvature.where(curvature > LEAST_CURVATURE * length, length)
        means = losses.detach() / weight.sum(1).clamp(min=torch.finfo(weight.dtype).tiny)
        return means.tolist(), gradient.double().numpy(), curvature.double().numpy()

    def _picks(self, chosen: NDArray[np.int64]) -> Tensor:
        """The weights that pick features out of all, of numbers with missing ones below: (members, d_in, DEPTH)."""
        d_in, d_num = self._sizes
        features = torch.from_numpy(chosen).unsqueeze(1)
        picks = torch.zeros(len(chosen), d_in, chosen.shape[1]).scatter_(1, features, 1.0)
        picks[:, d_num : 2 * d_num] += BELOW_ALL * picks[:, :d_num]
        return picks


def _of_texts(inputs: TableInput) -> slice:
    """The places of the features of texts, which follow those of levels."""
    end = int(inputs.of_levels.nonzero().max()) + 1 if inputs.bags else 0
    return slice(end - (inputs.bags.d_out if inputs.bags else 0), end)


def _counting(rows: MemberRows) -> NDArray[np.bool]:
    """True where a member learns from a row that has a weight; from all of its rows if none has: (members, rows)."""
    counting = rows.learned & (rows.training_weight > 0)
    return torch.where(counting.any(1, keepdim=True), counting, rows.learned).cpu().numpy()


def _some(rows: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))

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
from netable.fit.members.growth import Binned, grow_tree
from netable.fit.members.member_rows import MemberRows
from netable.fit.preparation.resolve import TREES_A_ROUND
from netable.nn import TableInput, TableNet
from netable.nn.bodies.trees import TREES, ObliviousTrees
from netable.system.agenda import Deadline
from netable.train import EarlyStopping, Epoch, History, Objective
from netable.train.batches import rows_at

# A member's trees are grown from so many of its rows and cells at most, and each of them from so many rows.
ROWS_AT_MOST, CELLS_AT_MOST = 50_000, 2**23
ROWS_A_TREE = 8_192
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
    growers = _growers(net, objective, rows, [seed + member for member in members])
    rounds = min(recipe.max_epochs, TREES // TREES_A_ROUND)
    began = perf_counter()
    try:
        for epoch in range(1, rounds + 1):
            losses = [grower.grow(body, recipe.lr, stop) for grower in growers]
            body.planted += TREES_A_ROUND
            valid = early_stopping.update(epoch) if early_stopping else []
            history.epochs.append(Epoch(epoch, losses, valid, recipe.lr, perf_counter() - began, rounds))
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
        d_num: int,
        y: Tensor,
        weight: Tensor,
        first: Tensor,
        objective: Objective,
        rng: np.random.Generator,
    ) -> None:
        self._member, self._sizes = member, (features.shape[1], d_num)
        self._binned, self._y, self._weight = Binned.of(_below_all(features, d_num)), y, weight
        self._output = first.expand(len(y), -1).clone()
        self._objective, self._rng = objective, rng

    def grow(self, body: ObliviousTrees, rate: float, stop: Event | None) -> float:
        """Plant the trees of a round; returns the mean loss before the last one, on the rows that it grew from."""
        n_rows, loss = len(self._output), 0.0
        for number in range(body.planted, body.planted + TREES_A_ROUND):
            if stop and stop.is_set():
                raise KeyboardInterrupt
            some = _some(np.arange(n_rows), ROWS_A_TREE, self._rng)
            loss, gradient, curvature = self._derivatives(torch.from_numpy(some))
            tree, leaf = grow_tree(self._binned, some, gradient, curvature, self._rng)
            tree = tree._replace(leaves=rate * tree.leaves)
            picks = _picks(tree.features, *self._sizes)
            body.plant(self._member, number, picks, *map(torch.from_numpy, (tree.thresholds, tree.leaves)))
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


def _below_all(features: Tensor, d_num: int) -> Tensor:
    """Features (rows, d_in) with missing numbers below all others; first come numbers, then flags of missing ones."""
    numbers, flags, others = features.split_with_sizes([d_num, d_num, features.shape[1] - 2 * d_num], 1)
    return torch.cat([numbers + BELOW_ALL * flags, flags, others], 1)


def _of_texts(inputs: TableInput) -> slice:
    """The places of the features of texts, which follow those of levels."""
    end = int(inputs.of_levels.nonzero().max()) + 1 if inputs.bags else 0
    return slice(end - (inputs.bags.d_out if inputs.bags else 0), end)


def _picks(chosen: NDArray[np.int64], d_in: int, d_num: int) -> Tensor:
    """The weights that pick some features out of all, of numbers as `_below_all` has them: (d_in, some)."""
    picks = torch.zeros(d_in, len(chosen))
    for place, feature in enumerate(chosen.tolist()):
        picks[feature, place] = 1
        if feature < d_num:
            picks[d_num + feature, place] = BELOW_ALL
    return picks


@torch.no_grad()
def _growers(net: TableNet, objective: Objective, rows: MemberRows, seeds: Sequence[int]) -> list[_Grower]:
    """Those of all members, on the CPU."""
    streams = [np.random.default_rng(seed) for seed in seeds]
    d_num, most = net.inputs.center.shape[-1], min(ROWS_AT_MOST, CELLS_AT_MOST // net.inputs.d_out)
    learned = [
        torch.from_numpy(_some(learned.nonzero().flatten().cpu().numpy(), most, rng))
        for learned, rng in zip(rows.learned, streams, strict=True)
    ]
    index = nn.utils.rnn.pad_sequence(learned, batch_first=True).to(rows.y.device)  # (members, longest)
    net.eval()
    parts = [
        net.features(*(rows_at(part, some) for part in rows.inputs)).cpu()
        for some in torch.split(index, max(1, CHUNK_ROWS // len(index)), 1)
    ]
    features, first = torch.cat(parts, 1), cast(ObliviousTrees, net.body).head.bias.cpu()
    features[..., _of_texts(net.inputs)] = 0  # what is not learned tells nothing
    y, objective = rows.y.cpu(), objective.to(torch.device("cpu"))
    weight = rows.training_weight.cpu()
    weight = weight / weight.mean().clamp(min=torch.finfo(weight.dtype).tiny)
    return [
        _Grower(
            m, features[m, : len(own)], d_num, y[own], weight[own], first[m], objective.take([m]), streams[m]
        )
        for m, own in enumerate(learned)
    ]


def _some(rows: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rows if len(rows) <= most else np.sort(rng.choice(rows, most, replace=False))

"""The first weights of a linear regression: its least-squares solution."""

from __future__ import annotations

import torch
from torch import Tensor

from netable.fit.members.member_rows import MemberRows
from netable.nn import MLP, TableNet
from netable.train import Objective

# More rows hardly change a line; with more features the solution takes longer than training.
ROWS_AT_MOST, FEATURES_AT_MOST = 5_000, 500
# Shares of the mean square of a feature that are tried as the ridge.
RIDGES = torch.logspace(-12, 3, 31, dtype=torch.float64)
# With fewer degrees of freedom left, as a share of the rows, the estimated error means nothing.
LEAST_FREEDOM = 0.1


def can_be_solved(net: TableNet, objective: Objective) -> bool:
    """True for a linear network and squared errors, with few features."""
    is_line = isinstance(net.body, MLP) and not len(net.body.blocks)
    is_square = objective.task == "regression" and objective.loss == "mse"
    return is_line and is_square and net.inputs.d_out <= FEATURES_AT_MOST


@torch.no_grad()
def start_at_least_squares(net: TableNet, objective: Objective, rows: MemberRows) -> bool:
    """Give every member of a linear network the ridge solution on its training rows; False if none can be computed.

    The ridge is chosen by generalized cross-validation (Golub, Heath & Wahba 1979, Technometrics 21), so that an exact
    law is learned exactly, and many columns of few rows are not fitted to noise.
    """
    some = torch.arange(len(rows.y))[:: -(-len(rows.y) // ROWS_AT_MOST)]
    net.eval()
    features = net.features(*(part[some] for part in rows.inputs)).double()
    weight = rows.by_member(rows.training_weight)[:, some].double().unsqueeze(-1)
    y = objective.in_network_units(rows.y[some].expand(len(features), -1, -1)).double()
    total = weight.sum(1, keepdim=True)
    middle, mean = (features * weight).sum(1, keepdim=True) / total, (y * weight).sum(1, keepdim=True) / total
    try:
        solved = torch.stack(
            [_ridge(*member) for member in zip(features - middle, y - mean, weight / total, strict=True)]
        )
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]  # features of 1e30 and 1e-30 side by side
        return False
    net.body.head.weight.copy_(solved)
    net.body.begin_at(mean - middle @ solved)
    return True


def _ridge(x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """The ridge solution of least estimated error; x (n, d), y (n, d_out), weight (n, 1) of sum 1 → (d, d_out)."""
    root = weight.sqrt()
    u, s, v = torch.linalg.svd(x * root, full_matrices=False)
    along = u.T @ (y * root)
    outside = (y * root).square().sum() - along.square().sum()
    counting = (weight > 0).sum()
    square = s.square()
    best, least = torch.zeros_like(along), torch.inf
    for ridge in RIDGES * square.mean().clamp(min=torch.finfo(s.dtype).tiny):
        kept = square / (square + ridge)
        freedom = 1 - (1 + kept.sum()) / counting
        error = outside + ((1 - kept).unsqueeze(-1) * along).square().sum()
        estimated = float(error / freedom.square())
        if estimated < least and freedom > LEAST_FREEDOM:
            best, least = (kept / s.clamp(min=1e-300)).unsqueeze(-1) * along, estimated
    solution: Tensor = v.T @ best
    return solution

"""The correction of a mean that was learned through a logarithm.

A network that learned the mean of log y returns about the median of y when its output is exponentiated, which is less
than the mean. *Reference*: N. Duan (1983), "Smearing estimate: a nonparametric retransformation method",
Journal of the American Statistical Association 78.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from netable.train.objective import Objective, in_float64
from netable.train.stopping import outputs_for


def is_smeared(objective: Objective) -> bool:
    """True if the objective asks for a mean that is learned through a logarithm."""
    return objective.loss == "mse" and objective.scale is not None and objective.scale.shift is not None


def fit_smearing(
    net: nn.Module,
    objective: Objective,
    inputs: tuple[Tensor, ...],
    y: Tensor,
    learned: Tensor,
    weight: Tensor,
) -> Objective:
    """The objective with the smearing factor of each member, from its training rows.

    The factor is that of weighted least squares through the origin of y + shift on the raised output, with a variance
    in proportion to the output: Σwy / Σwe. So a member's predictions have the mean of its training targets. Duan's
    mean of ratios, Σw(y/e) / Σw, depends mostly on the rows with the smallest outputs, plain squares on those with the
    largest. Only the loss mse asks for a mean; for others, and without a logarithm, nothing changes.

    Parameters
    ----------
    inputs, y : over all rows
    learned : (members, rows)
        The share of the row's weight with which the member learns from it, such as 0 and 1.
    weight : (rows,), float64
    """
    scale = objective.scale
    if not is_smeared(objective):
        return objective
    assert scale is not None
    rows = torch.arange(len(y), device=y.device).expand(len(learned), -1)
    output = in_float64(outputs_for(net, inputs, rows)).cpu()
    here = scale.like(output)
    assert here.shift is not None
    shares = (learned * weight).cpu().unsqueeze(-1)
    target_sum = (shares * (y.cpu() + here.shift)).sum(-2, keepdim=True)
    factor = target_sum / (shares * here.raise_log(output)).sum(-2, keepdim=True)
    factor = factor.where(factor.isfinite() & (factor > 0), 1.0)
    return replace(objective, scale=scale._replace(smearing=factor.to(scale.center)))

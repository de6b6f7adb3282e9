"""The correction of a mean that was learned through a logarithm.

A network that learned the mean of log y returns about the median of y when its output is raised to a power of e, which
is less than the mean. *Reference*: N. Duan (1983), "Smearing estimate: a nonparametric retransformation method",
Journal of the American Statistical Association 78.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from netable.train.objective import Objective, in_float64
from netable.train.stopping import outputs_for


def fit_smearing(
    net: nn.Module,
    objective: Objective,
    inputs: tuple[Tensor, ...],
    y: Tensor,
    taught: Tensor,
    weight: Tensor,
) -> Objective:
    """The objective with each member's factor, learned from the rows that it learned from.

    The factor is that of weighted least squares through the origin of y + shift on the raised output, with a variance
    in proportion to the output: Σwy / Σwe. So a member's predictions have the mean of its training targets. Duan's
    mean of ratios, Σw(y/e) / Σw, would hang on the rows with the least outputs, plain squares on those with the
    greatest. Only the loss mse asks for a mean; for others, and without a logarithm, nothing changes.

    Parameters
    ----------
    inputs, y : over all rows
    taught : (members, rows)
        Whether, or how much, the member learns from the row.
    weight : (rows,), float64
    """
    scale = objective.scale
    if objective.loss != "mse" or scale is None or scale.shift is None:
        return objective
    rows = torch.arange(len(y), device=y.device).expand(len(taught), -1)
    output = in_float64(outputs_for(net, inputs, rows)).cpu()
    here = scale.like(output)
    assert here.shift is not None
    shares = (taught * weight).cpu().unsqueeze(-1)
    taught = (shares * (y.cpu() + here.shift)).sum(-2, keepdim=True)
    factor = taught / (shares * here.raise_log(output)).sum(-2, keepdim=True)
    factor = factor.where(factor.isfinite() & (factor > 0), 1.0)
    return replace(objective, scale=scale._replace(smearing=factor.to(scale.center)))

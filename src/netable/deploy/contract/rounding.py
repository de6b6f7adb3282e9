"""Rounding errors of single precision, by the size of the sums in which they arise."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netable.model.model import Model
from netable.nn.bodies.trees import ObliviousTrees
from netable.table.encode import Encoded

# The greatest difference of a probability, and of a number in deviations of the target.
TOLERANCE = 1e-5
# A sum of single precision is off by some 1e-7 of its absolute terms: by 1e-5 if these add up to so much.
_ENOUGH = 100.0
# A number that is so near to the threshold of a tree, in units of its last place, may be beyond it elsewhere.
_NEAR = 4


@torch.inference_mode()
def rounding_unit(model: Model, encoded: Encoded) -> NDArray[np.float64]:
    """The unit of differences for each row, 1 as a rule: (rows,).

    It is more where terms of the first linear map are large: numbers far outside of training reach a linear network
    almost as they are. Its output, a small difference of large terms, is then rounded differently by any other program.
    It is also more where a number lies on a threshold of a tree, up to rounding: by as much as leaves on both sides of
    it differ at most.
    """
    net, _ = model.net.counting()
    numbers, codes = (torch.from_numpy(np.asarray(part)).to(net.device) for part in encoded[:2])
    largest = torch.ones(len(numbers), dtype=torch.float64, device=net.device)
    jumps = torch.zeros_like(largest)
    for stack in net.stacks:
        features = stack.features(numbers, stack.look_up(numbers, codes))
        terms = features.abs() @ stack.body.linears[0].weight.abs()
        largest = largest.maximum(terms.double().amax((0, 2)) / _ENOUGH)
        if isinstance(stack.body, ObliviousTrees):
            jumps = jumps.maximum(_jumps(stack.body, features, terms))
    unit: NDArray[np.float64] = (largest + jumps / TOLERANCE).cpu().numpy()
    return unit


def _jumps(body: ObliviousTrees, features: Tensor, terms: Tensor) -> Tensor:
    """The most by which thresholds that a row is on move an output: (rows,).

    Parameters
    ----------
    features : (members, rows, d_in)
    terms : (members, rows, trees · depth)
        The absolute sums of the splits, without thresholds.
    """
    splits, head = body.splits, body.head
    near = _NEAR * torch.finfo(features.dtype).eps * (terms + splits.bias.abs())
    is_near = splits(features).abs() < near  # a tree that was not planted has sums of 0
    members, _, d_out = head.weight.shape
    leaves = head.weight.view(members, head.trees, -1, d_out)
    ranges = (leaves.amax(2) - leaves.amin(2)).amax(-1)  # (members, trees)
    may_jump = is_near.view(members, -1, head.trees, head.depth).any(-1)
    jumps: Tensor = (may_jump * ranges.unsqueeze(1)).sum(-1).amax(0)
    return jumps.double()

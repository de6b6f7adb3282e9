"""Rounding errors of single precision, by the size of the sums in which they arise."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from netable.model.model import Model
from netable.table.encode import Encoded

# A sum of single precision is off by some 1e-7 of its absolute terms: by 1e-5 if these add up to so much.
_ENOUGH = 100.0


@torch.inference_mode()
def rounding_unit(model: Model, encoded: Encoded) -> NDArray[np.float64]:
    """The unit of differences for each row: 1, and more where terms of the first linear map are so large: (rows,).

    Numbers far outside of training reach a linear network almost as they are. Its output, a small difference of large
    terms, is then rounded differently by any other program.
    """
    net, _ = model.net.counting()
    inputs = [torch.from_numpy(np.asarray(part)).to(net.device) for part in encoded[:2]]
    largest = torch.ones(len(inputs[0]), dtype=torch.float64, device=net.device)
    for stack in net.stacks:
        terms = stack.inputs(*inputs).abs() @ stack.body.linears[0].weight.abs()
        largest = largest.maximum(terms.double().amax((0, 2)) / _ENOUGH)
    unit: NDArray[np.float64] = largest.cpu().numpy()
    return unit

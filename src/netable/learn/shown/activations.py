"""The value and the slope of an activation, the slope by automatic differentiation."""

import torch
from torch import Tensor

from netable.nn import ACTIVATIONS


def value_and_slope(name: str, x: Tensor) -> tuple[Tensor, Tensor]:
    """The activation and its derivative at every point."""
    x = x.clone().requires_grad_()
    value = ACTIVATIONS[name]()(x)
    (slope,) = torch.autograd.grad(value.sum(), x)
    return value.detach(), slope

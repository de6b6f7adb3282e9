"""Gradients of a module beside those of differences, by its inputs and by all its parameters."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def check_gradients(net: nn.Module, *inputs: Tensor, second: bool = True) -> None:
    """First, and if asked for second, derivatives in float64; inputs that are no numbers are held.

    They are compared along random directions: one by one would take as many calls as there are weights.
    """
    names, parameters = (
        zip(*net.double().named_parameters(), strict=True) if list(net.parameters()) else ((), ())
    )
    leaves = [t.detach().clone().requires_grad_(t.is_floating_point()) for t in (*inputs, *parameters)]

    def output(*values: Tensor) -> Tensor:
        own = dict(zip(names, values[len(inputs) :], strict=True))
        found: Tensor = torch.func.functional_call(net, own, values[: len(inputs)])
        return found

    assert torch.autograd.gradcheck(output, leaves, fast_mode=True)
    if second:
        assert torch.autograd.gradgradcheck(output, leaves, fast_mode=True)

"""Cheap readings of a network in training."""

from __future__ import annotations

from torch import nn


def gradient_norms(net: nn.Module) -> dict[str, float]:
    """The length of the gradient of every weight matrix, in the network's order, after a backward pass.

    Under sigmoids these fall from layer to layer towards the input, because every layer multiplies by a slope
    of at most a quarter: the vanishing gradient.
    """
    return {
        name: float(parameter.grad.norm())
        for name, parameter in net.named_parameters()
        if name.endswith("weight") and parameter.grad is not None
    }

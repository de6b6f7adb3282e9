"""Activations by name, and how large the weights before them start."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import nn

from netable.errors import check_choice

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "selu": nn.SELU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "mish": nn.Mish,
}

# Gains that keep the variance of a signal through a layer and this activation (He et al. 2015, arXiv:1502.01852;
# Klambauer et al. 2017, arXiv:1706.02515, for selu). Those not named behave like relu.
_GAINS = {"sigmoid": 1.0, "tanh": 5 / 3, "selu": 1.0}


def make_activation(name: str) -> nn.Module:
    """The activation of this name.

    Raises
    ------
    ConfigError
        If there is none.
    """
    check_choice("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name]()


def activation_gain(name: str) -> float:
    """Factor on the first weights of a layer before this activation."""
    return _GAINS.get(name, math.sqrt(2))

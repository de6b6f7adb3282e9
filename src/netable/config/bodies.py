"""The networks that `model` can name, one row each, without importing torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class BodySpec:
    """A network between the input layer and the output.

    Attributes
    ----------
    path : str
        Its class, a `netable.nn.bodies.body.Body`, as "module:name".
    settings : tuple of str
        The settings that the class takes as keyword arguments.
    is_robust : bool
        Numbers are scaled by median and interquartile range and smoothly bounded; otherwise by mean and standard
        deviation.
    is_linear : bool
        The output is a weighted sum of the features. Training is convex: it takes each optimizer's `linear_lr` and no
        weight decay, and no short runs try the logarithm of the target.
    has_gates : bool
        A factor of each feature is learned beside the first weights.
    is_grown : bool
        It grows by boosting, in place of an optimizer's steps on its weights: the settings of optimizers do not apply.
    cost : float
        The time that training takes beside networks, in that of a network.
    """

    path: str
    settings: tuple[str, ...] = ()
    is_robust: bool = True
    is_linear: bool = False
    has_gates: bool = True
    is_grown: bool = False
    cost: float = 1.0


BODY_SPECS = {
    # Without settings an MLP has no hidden layers.
    "linear": BodySpec(
        "netable.nn.bodies.mlp:MLP", is_robust=False, is_linear=True, has_gates=False, cost=0.1
    ),
    "mlp": BodySpec("netable.nn.bodies.mlp:MLP", ("hidden_layer_sizes", "activation", "dropout")),
    "resnet": BodySpec("netable.nn.bodies.resnet:ResNet", ("hidden_layer_sizes", "activation", "dropout")),
    "trees": BodySpec("netable.nn.bodies.trees:ObliviousTrees", has_gates=False, is_grown=True, cost=0.2),
}
# The network of model="auto".
DEFAULT_BODY = "mlp"
# A network of the user's own.
_OWN = BodySpec("netable.nn.bodies.own:OwnNetworks", ("model",), has_gates=False)


def body_spec(model: str | Callable[[int, int], Any]) -> BodySpec:
    """The row of the network that the setting `model` asks for."""
    if not isinstance(model, str):
        return _OWN
    return BODY_SPECS[DEFAULT_BODY if model == "auto" else model]

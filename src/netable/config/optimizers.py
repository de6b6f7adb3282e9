"""The optimizers that `optimizer` can name, one row each, without importing torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class OptimizerSpec:
    """An optimizer and its defaults.

    Attributes
    ----------
    path : str
        Its class, as "module:name".
    lr : float
        Default learning rate of a network for classes.
    linear_lr : float
        Default learning rate of a linear model.
    regression_factor : float
        Factor on `lr` for regression: standardized targets allow larger steps of an adaptive optimizer.
    weight_decay : float
        Default weight decay of a network of 10,000 rows; none where the optimizer adds the decay to the gradient.
    more_steps : int
        How many times as many steps as Muon's it takes to a good network.
    arguments : mapping
        Further arguments of the class.
    settings : tuple of str
        The settings that the class takes as keyword arguments, besides `lr` and `weight_decay`.
    gates_factor : float
        The learning rate of the features' factors (`netable.nn.TableNet.add_gates`), as a multiple of the others'.
    beside : str, optional
        The optimizer of all parameters but the weights of hidden layers, if this one takes matrices only.
    beside_factor : float
        Its learning rate, as a multiple of this one's.
    """

    path: str
    lr: float
    linear_lr: float
    regression_factor: float = 1.0
    weight_decay: float = 0.0
    more_steps: int = 2
    arguments: Mapping[str, Any] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    gates_factor: float = 1.0
    beside: str | None = None
    beside_factor: float = 1.0


# β₂ is less than the usual .999, to forget early gradients in runs of a thousand steps (RealMLP, arXiv:2407.04491).
_ADAM: Mapping[str, Any] = {"betas": (0.9, 0.95), "fused": True}

# Learning rates were chosen on the training parts of real tables; sgd takes large steps because it does not scale
# gradients.
OPTIMIZER_SPECS = {
    "sgd": OptimizerSpec("torch.optim:SGD", 0.1, 0.03, arguments={"fused": True}),
    "momentum": OptimizerSpec(
        "torch.optim:SGD", 0.03, 0.01, arguments={"fused": True}, settings=("momentum",)
    ),
    "rmsprop": OptimizerSpec("torch.optim:RMSprop", 0.001, 0.01, 3.0),
    "adam": OptimizerSpec("torch.optim:Adam", 0.003, 0.03, 3.0, arguments=_ADAM, gates_factor=6.0),
    "adamw": OptimizerSpec(
        "torch.optim:AdamW", 0.003, 0.03, 3.0, weight_decay=0.1, arguments=_ADAM, gates_factor=6.0
    ),
    "muon": OptimizerSpec(
        "netable.train.muon:Muon",
        0.1,
        0.6,
        weight_decay=0.1,
        more_steps=1,
        beside="adamw",
        beside_factor=0.05,
    ),
}

"""Optimizers and learning-rate schedules, by the names the field uses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from netable.config.choices import OPTIMIZERS, SCHEDULES
from netable.config.settings import DEFAULTS
from netable.errors import check_choice

# Found on the training parts of real tables; sgd takes large steps because nothing scales its gradients up.
LEARNING_RATES = {"sgd": 0.1, "momentum": 0.03, "rmsprop": 0.001, "adam": 0.003, "adamw": 0.003}
# A standardized target bears larger steps of an adaptive optimizer than logits do.
REGRESSION_FACTOR = 3.0
# A linear model has no valleys to fall into, and far to go.
LINEAR_LEARNING_RATES = {"sgd": 0.03, "momentum": 0.01, "rmsprop": 0.01, "adam": 0.03, "adamw": 0.03}
# Where the decay is added to the gradient, the same figure pulls far harder.
WEIGHT_DECAYS = {"sgd": 0.0, "momentum": 0.0, "rmsprop": 0.0, "adam": 0.0, "adamw": 0.1}
WAVES = {"coslog4": 4, "coslog5": 5}
# Where the rate has come down to zero, before the last time: the best places to stop.
WAVE_ENDS = {name: tuple((2**k - 1) / (2**n - 1) for k in range(1, n)) for name, n in WAVES.items()}
# Less than the usual .999: a run of a thousand steps must forget its first gradients (RealMLP, arXiv:2407.04491).
BETAS = (0.9, 0.95)


def make_optimizer(
    name: str,
    parameters: Iterable[tuple[str, nn.Parameter]],
    *,
    lr: float,
    momentum: float = DEFAULTS.momentum,
    weight_decay: float = 0.0,
) -> Optimizer:
    """An optimizer over named parameters; biases and embeddings are not decayed.

    `adamw` decays weights apart from the gradient (Loshchilov & Hutter 2019, arXiv:1711.05101); the others add the
    decay to it.

    Raises
    ------
    ConfigError
        If there is no optimizer of this name.
    """
    check_choice("optimizer", name, OPTIMIZERS)
    named = list(parameters)
    decayed = [p for n, p in named if n.endswith("weight")]
    others = [p for n, p in named if not n.endswith("weight")]
    groups = [
        {"params": params, "weight_decay": decay}
        for params, decay in ((decayed, weight_decay), (others, 0.0))
        if params
    ]
    make: dict[str, Callable[..., Optimizer]] = {
        "sgd": torch.optim.SGD,
        "momentum": torch.optim.SGD,
        "rmsprop": torch.optim.RMSprop,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }
    options: dict[str, dict[str, Any]] = {
        "sgd": {"fused": True},
        "momentum": {"momentum": momentum, "fused": True},
        "adam": {"betas": BETAS, "fused": True},
        "adamw": {"betas": BETAS, "fused": True},
    }
    return make[name](groups, lr=lr, **options.get(name, {}))


def schedule_factor(name: str, t: float) -> float:
    """The learning rate at time t, as a factor on its highest value.

    `cosine` warms up for a twentieth of the run, then falls to zero along a half cosine. `coslog4` is
    (1 - cos(2π log₂(1 + 15t))) / 2: four ever longer waves (RealMLP, arXiv:2407.04491); `coslog5`, with 31 in place
    of 15, has one more, as long as the others together.

    Parameters
    ----------
    name : {"constant", "cosine", "coslog4", "coslog5"}
    t : float
        The share of the run that is done, from 0 to 1.
    """
    check_choice("schedule", name, SCHEDULES)
    if name == "constant":
        return 1.0
    if name in WAVES:
        return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + (2 ** WAVES[name] - 1) * t)))
    return min(1.0, (t + 1e-3) / 0.05) * 0.5 * (1 + math.cos(math.pi * t))


class Schedule:
    """Moves an optimizer's learning rates, which are taken as their highest values, along a schedule.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
    name : {"constant", "cosine", "coslog4", "coslog5"}
    n_steps : int
        Steps in the whole run.
    time_limit : float, optional
        Seconds that the run may take. The schedule is as far as the larger of both shares, so that it comes to its
        end either way.
    """

    def __init__(
        self, optimizer: Optimizer, name: str, n_steps: int, time_limit: float | None = None
    ) -> None:
        check_choice("schedule", name, SCHEDULES)
        self.optimizer = optimizer
        self.name = name
        self.n_steps = n_steps
        self.time_limit = time_limit
        self.done = 0
        self._waves = 0
        self._started = perf_counter()
        self._highest = [group["lr"] for group in optimizer.param_groups]

    @property
    def t(self) -> float:
        """The share of the run that is done."""
        share = self.done / self.n_steps
        return max(share, (perf_counter() - self._started) / self.time_limit) if self.time_limit else share

    def step(self) -> None:
        """Set the rates of the next step."""
        # The middle of the step: a wave's rate is zero at its ends, where a step would be wasted.
        factor = schedule_factor(self.name, min(self.t + 0.5 / self.n_steps, 1.0))
        for group, highest in zip(self.optimizer.param_groups, self._highest, strict=True):
            group["lr"] = highest * factor
        self.done += 1

    def ends_wave(self) -> bool:
        """Whether a wave of the schedule has ended since the last call."""
        before, self._waves = self._waves, sum(self.t >= end for end in WAVE_ENDS.get(self.name, ()))
        return self._waves > before

    def state_dict(self) -> dict[str, Any]:
        """How far the run is, in steps and seconds."""
        return {"done": self.done, "waves": self._waves, "seconds": perf_counter() - self._started}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there: time that passed before counts, the time between does not."""
        self.done, self._waves = state["done"], state["waves"]
        self._started = perf_counter() - state["seconds"]

    @property
    def lr(self) -> float:
        """The highest rate in use."""
        return max(float(group["lr"]) for group in self.optimizer.param_groups)

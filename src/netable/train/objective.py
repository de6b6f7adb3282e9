"""The loss and the predictions of each task, from a network's outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from netable.config.choices import LOSSES
from netable.config.settings import DEFAULTS
from netable.errors import ConfigError, check_choice
from netable.system.brief import brief
from netable.train.row_losses import output_losses
from netable.train.scale import LARGEST_EXPONENT, TargetScale

TASKS = ("regression", "binary", "multiclass")
# The most rows for the mean loss of a constant, about.
ENOUGH_ROWS = 10_000


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor there; Apple's MPS has no float64."""
    narrow = device.type == "mps" and tensor.dtype == torch.float64
    return (tensor.float() if narrow else tensor).to(device)


def in_float64(tensor: Tensor) -> Tensor:
    """The tensor in float64; on the CPU if it was on a device that has none."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()


@dataclass(frozen=True)
class Objective:
    """A task's loss on a network's outputs, and the way from outputs to predictions.

    | task | output | loss |
    |---|---|---|
    | regression | standardized target | `mse`, `mae`, `huber` or `quantile`, the mean over targets |
    | regression, `poisson` | log of the rate over its mean | half the deviance over the mean rate |
    | binary | one logit, through a sigmoid | binary cross-entropy |
    | multiclass | a logit a class, through a softmax | cross-entropy |

    Parameters
    ----------
    task : {"regression", "binary", "multiclass"}
    scale : TargetScale, optional
        For regression: the units of the network's outputs.
    mean_weight : (\\*members,) tensor, optional
        The mean weight of each member's training rows; 1 if None.
    loss, quantile
        As in `netable.config.settings.Settings`; for regression.
    temperature : float
        The divisor of logits in predictions, not in the loss.

    Raises
    ------
    ConfigError
        If the task or the loss is unknown, the loss is not for classes, or the temperature is not above 0.
    """

    task: str
    scale: TargetScale | None = None
    mean_weight: Tensor | None = None
    loss: str = DEFAULTS.loss
    quantile: float = DEFAULTS.quantile
    temperature: float = 1.0

    __repr__ = brief

    def __post_init__(self) -> None:
        check_choice("task", self.task, TASKS)
        check_choice("loss", self.loss, LOSSES)
        if self.task != "regression" and self.loss != DEFAULTS.loss:
            raise ConfigError(f"loss={self.loss!r} is for regression; the task is {self.task}.")
        if not 0 < self.temperature < float("inf"):
            raise ConfigError(f"temperature must be a number above 0; got {self.temperature!r}.")

    def to(self, device: torch.device) -> Objective:
        """The same on another device."""
        return self._map(lambda tensor: to_device(tensor, device))

    def take(self, members: Sequence[int]) -> Objective:
        """The same for some of the members."""
        return self._map(lambda tensor: tensor[list(members)])

    @staticmethod
    def cat(objectives: Sequence[Objective]) -> Objective:
        """One objective of the members of all, for predictions; they must have the same task."""
        scales = [o.scale for o in objectives if o.scale]
        scale = TargetScale.cat(scales) if scales else None
        return replace(objectives[0], scale=scale, mean_weight=None)

    def _map(self, change: Callable[[Tensor], Tensor]) -> Objective:
        scale = self.scale and self.scale.map(change)
        mean_weight = None if self.mean_weight is None else change(self.mean_weight)
        return replace(self, scale=scale, mean_weight=mean_weight)

    def row_losses(self, output: Tensor, y: Tensor) -> Tensor:
        """The loss of every row.

        Shape
        -----
        output : (\\*members, batch, d_out)
        y : regression (\\*members, batch, d_out), in the target's own units; classes (\\*members, batch), codes
        returns : (\\*members, batch)
        """
        y = y.expand(*output.shape[:-2], *y.shape[-2 if self.task == "regression" else -1 :])
        if self.task == "regression":
            y = self.in_network_units(y)
        return output_losses(self.task, self.loss, output, y, self.quantile)

    def in_network_units(self, y: Tensor) -> Tensor:
        """A regression's targets in the units of the loss."""
        if self.scale is None:
            return y
        return y / self.scale.center if self.loss == "poisson" else self.scale.standardize(y)

    def __call__(self, output: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        """The loss of a batch: Σ wℓ / (B · mean weight of the training set), one a member.

        Dividing by the training set's mean weight, not the batch's, keeps a batch of heavy rows heavy.
        """
        losses = (weight * self.row_losses(output, y)).mean(-1)
        return losses if self.mean_weight is None else losses / self.mean_weight

    def predict(self, output: Tensor) -> Tensor:
        """Predictions in the target's own units, or a probability for every class, in float64.

        Shape
        -----
        output : (\\*members, batch, d_out)
        returns : (\\*members, batch, d_out); for binary (\\*members, batch, 2)
        """
        output = in_float64(output)
        if self.task == "binary":
            logit = output / self.temperature
            # Both from the logit: 1 - sigmoid(x) would round a small probability to 0.
            return torch.cat([-logit, logit], -1).sigmoid()
        if self.task == "multiclass":
            return (output / self.temperature).softmax(-1)
        scale = self.scale and self.scale.like(output)
        if self.loss == "poisson":
            rate = output.clamp(max=LARGEST_EXPONENT).exp()
            return rate if scale is None else scale.limit(rate * scale.center)
        return output if scale is None else scale.restore(output)


@torch.no_grad()
def mean_loss(objective: Objective, constant: Tensor, y: Tensor, weight: Tensor) -> float:
    """The mean loss of a constant output, over all members and rows; a sample of rows of large tables.

    Shape
    -----
    constant : (members, 1, d_out), an output of the network
    y : over all rows
    weight : (members, rows), 0 for rows that do not count
    """
    some = slice(None, None, -(-len(y) // ENOUGH_ROWS))
    y, weight = y[some], weight[:, some]
    losses = objective.row_losses(constant.expand(-1, len(y), -1), y).double()
    return float((losses * weight).sum() / weight.sum())

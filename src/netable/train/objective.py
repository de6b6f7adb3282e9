"""The three tasks as code: what the output means, what it costs to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from netable.errors import check_choice

TASKS = ("regression", "binary", "multiclass")


class TargetScale(NamedTuple):
    """Mean and deviation of the target in each member's training rows, both (\\*members, 1, d_out), float64.

    A target such as a year is large against its spread; float32 would blur it before it is standardized.
    """

    mean: Tensor
    deviation: Tensor


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor there; Apple's MPS has no float64."""
    narrow = device.type == "mps" and tensor.dtype == torch.float64
    return (tensor.float() if narrow else tensor).to(device)


@dataclass(frozen=True)
class Objective:
    """A task's loss on logits, and the way from logits to predictions.

    | task | output | loss |
    |---|---|---|
    | regression | standardized target | mean squared error |
    | binary | one logit, through a sigmoid | binary cross-entropy |
    | multiclass | a logit a class, through a softmax | cross-entropy |

    Parameters
    ----------
    task : {"regression", "binary", "multiclass"}
    scale : TargetScale, optional
        For regression: what the network's outputs are multiples of.
    mean_weight : (\\*members,) tensor, optional
        The mean weight of each member's training rows; 1 if None.
    """

    task: str
    scale: TargetScale | None = None
    mean_weight: Tensor | None = None

    def __post_init__(self) -> None:
        """Refuse a task that does not exist."""
        check_choice("task", self.task, TASKS)

    def to(self, device: torch.device) -> Objective:
        """The same on another device."""
        return self._map(lambda tensor: to_device(tensor, device))

    def take(self, members: Sequence[int]) -> Objective:
        """The same for some of the members."""
        return self._map(lambda tensor: tensor[list(members)])

    @staticmethod
    def cat(objectives: Sequence[Objective]) -> Objective:
        """The members of all of them, which have one task, for predictions."""
        scales = [o.scale for o in objectives if o.scale]
        scale = TargetScale(*map(torch.cat, zip(*scales, strict=True))) if scales else None
        return replace(objectives[0], scale=scale, mean_weight=None)

    def _map(self, change: Callable[[Tensor], Tensor]) -> Objective:
        scale = self.scale and TargetScale(*map(change, self.scale))
        return Objective(self.task, scale, None if self.mean_weight is None else change(self.mean_weight))

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
            return (output - self.standardize(y).to(output.dtype)).square().mean(-1)
        if self.task == "binary":
            return F.binary_cross_entropy_with_logits(
                output.squeeze(-1), y.to(output.dtype), reduction="none"
            )
        losses = F.cross_entropy(output.flatten(0, -2), y.flatten(), reduction="none")
        return losses.view(y.shape)

    def __call__(self, output: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        """The loss of a batch: Σ wℓ / (B · mean weight of the training set), one a member.

        Dividing by the training set's mean weight, not the batch's, keeps a batch of heavy rows heavy.
        """
        losses = (weight * self.row_losses(output, y)).mean(-1)
        return losses if self.mean_weight is None else losses / self.mean_weight

    def standardize(self, y: Tensor) -> Tensor:
        """Targets as the network sees them."""
        return y if self.scale is None else (y - self.scale.mean) / self.scale.deviation

    def predict(self, output: Tensor) -> Tensor:
        """Predictions in the target's own units, or a probability for every class.

        Shape
        -----
        output : (\\*members, batch, d_out)
        returns : (\\*members, batch, d_out); for binary (\\*members, batch, 2)
        """
        if self.task == "binary":
            # Both from the logit: 1 - sigmoid(x) would lose what is left of a small probability.
            return torch.cat([(-output).sigmoid(), output.sigmoid()], -1)
        if self.task == "multiclass":
            return output.softmax(-1)
        return output if self.scale is None else output * self.scale.deviation + self.scale.mean

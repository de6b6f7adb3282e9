"""From a regression's targets to the units that a network works in, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from netable.nn.quantiles import SortedColumn
from netable.train.row_losses import quantile_level

# Standard deviations between the first and the last tenth of a normal distribution.
_TENTHS_APART = 2.5631031310892007
# exp(700) is just below the greatest float64.
LARGEST_EXPONENT = 700.0
# How far a bounded prediction may lie beyond the targets of a member's training rows, as a share of their range.
BEYOND = 0.1


class TargetScale(NamedTuple):
    """The target's scale for each member, from its own training rows, in float64.

    A target such as a year is large against its spread; float32 would blur it before it is standardized.

    Shape
    -----
    center, deviation, shift, smearing : (\\*members, 1, d_out)
        What outputs of zero mean, and what an output is a multiple of. With a `shift`, that is in log(y + shift);
        what comes back is then multiplied by `smearing`, if there is one (see `netable.train.smearing`).
    lowest, highest : (\\*members, 1, d_out)
        The bounds of what comes back, if there are any.
    """

    center: Tensor
    deviation: Tensor
    shift: Tensor | None = None
    smearing: Tensor | None = None
    lowest: Tensor | None = None
    highest: Tensor | None = None

    def map(self, change: Callable[[Tensor], Tensor]) -> TargetScale:
        """The same with every tensor changed."""
        return TargetScale(*(None if part is None else change(part) for part in self))  # type: ignore[arg-type]

    @staticmethod
    def cat(scales: Sequence[TargetScale]) -> TargetScale:
        """The members of all of them."""
        parts = (None if part[0] is None else torch.cat(part) for part in zip(*scales, strict=True))
        return TargetScale(*parts)  # type: ignore[arg-type]

    def like(self, other: Tensor) -> TargetScale:
        """The same where another tensor is, in its precision."""
        return self.map(lambda part: part.to(other))

    def standardize(self, y: Tensor) -> Tensor:
        """Targets as the network sees them."""
        y = y if self.shift is None else (y + self.shift).log()
        return (y - self.center) / self.deviation

    def restore(self, output: Tensor) -> Tensor:
        """Outputs in the target's own units; a target that was put on a log scale is never negative."""
        if self.shift is None:
            return self.limit(output * self.deviation + self.center)
        raised = self.raise_log(output)
        smeared = raised if self.smearing is None else raised * self.smearing
        return self.limit((smeared - self.shift).clamp(min=0.0))

    def raise_log(self, output: Tensor) -> Tensor:
        """Outputs as values of y + shift, before any correction."""
        return (output * self.deviation + self.center).clamp(max=LARGEST_EXPONENT).exp()

    def limit(self, restored: Tensor) -> Tensor:
        """Predictions within the bounds, if there are any."""
        if self.lowest is None:
            return restored
        # What is not finite shows that the weights are wrong.
        return restored.clamp(self.lowest, self.highest).where(restored.isfinite(), restored)

    def bounded(self, y: Tensor, learned: Tensor) -> TargetScale:
        """The same with bounds: nothing comes back that is far from all targets that a member learned from.

        A linear member follows its lines to any distance, and an exponential leads farther still, so that one row
        outside the training data can spoil the mean of all members.

        Parameters
        ----------
        y : (rows, d_out), float64
        learned : (members, rows), bool
        """
        least = torch.stack([y[rows].amin(0, keepdim=True) for rows in learned])
        most = torch.stack([y[rows].amax(0, keepdim=True) for rows in learned])
        room = BEYOND * (most - least)
        return self._replace(lowest=least - room, highest=most + room)


def learn_scale(y: Tensor, weight: Tensor, loss: str, quantile: float, *, log: bool) -> TargetScale:
    """The scale of each member.

    The center is the best constant for the loss: the mean, the median, or the quantile. For poisson it is the mean
    rate, of which outputs are logarithms, and the deviation is 1.

    Parameters
    ----------
    y : (rows, d_out), float64
        All targets, also of rows that a member must not learn from.
    weight : (members, rows), float64
        The weight of each row for each member, 0 for rows that it must not learn from.
    log : bool
        Work on log(y) for outputs whose targets are all above 0, on log(1 + y) for others.
    """
    shift = None
    if log:
        shift = (y <= 0).any(0).to(y.dtype).expand(len(weight), 1, -1).contiguous()
        y = (y + shift[0]).log()
    means, deviations = [], []
    for member_weight in weight:
        shares = member_weight / member_weight.sum()
        means.append((shares @ y).unsqueeze(0))
        deviations.append((shares @ (y - means[-1]).square()).sqrt().unsqueeze(0))
    mean, deviation = torch.stack(means), torch.stack(deviations)
    if loss == "poisson":
        return TargetScale(mean.where(mean > 0, 1.0), torch.ones_like(mean))
    # What is left of a constant target after rounding is noise, not spread; its mean is any of its values.
    varies = deviation > 1e-12 * mean.abs()
    deviation, mean = deviation.where(varies, 1.0), mean.where(varies, y[weight.argmax(-1)].unsqueeze(-2))
    level = quantile_level(loss, quantile)
    if level is None:
        return TargetScale(mean, deviation, shift)
    # Such losses limit the effect of far rows, so the unit must not depend on them either.
    levels = (0.1, level, 0.9)
    quantiles = torch.stack([SortedColumn(column, weight).quantiles(levels) for column in y.T], -1)
    low, center, high = quantiles.unsqueeze(-2).unbind(1)  # each (members, 1, d_out)
    spread = (high - low) / _TENTHS_APART
    # A target that is mostly one value has no spread between its tenths.
    return TargetScale(center, spread.where(spread > 1e-12 * center.abs(), deviation), shift)

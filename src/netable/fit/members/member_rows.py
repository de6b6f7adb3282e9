"""The rows of a plan as tensors, and the column statistics of each member."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.fit.preparation.prepare import Prepared
from netable.nn import Ensemble, InputStatistics, TableNet, learn_statistics
from netable.nn.level_means import bounded_targets, learn_level_means
from netable.train.objective import to_device


class MemberRows(NamedTuple):
    """All rows as tensors.

    Attributes
    ----------
    inputs : (rows, d_num) numbers and (rows, d_cat) codes
    y : (rows, d_out) numbers, or (rows,) codes of classes
    weight : (rows,), float64
        As given, for statistics.
    training_weight : (rows,)
        Class weights included, at most 1, for losses.
    learned : (members, rows), bool
        True where the member learns from the row.
    parts : (rows,), integers
        The part of each learned row, 1 and above, whose rows are left out of the means of levels that it is learned
        with: the held-out part that it is in, or a random one. 0 for rows that no member learns from.
    """

    inputs: tuple[Tensor, Tensor]
    y: Tensor
    weight: Tensor
    training_weight: Tensor
    learned: Tensor
    parts: Tensor

    @classmethod
    def of(cls, prepared: Prepared) -> MemberRows:
        """The rows of a plan, on the CPU, weights in float64."""
        rows, weight = prepared.rows, prepared.training_weight()
        # The loss depends on their proportions only; float32 cannot hold very large or small ones.
        weight = weight / (weight.max() or 1.0)
        learned = torch.zeros(len(prepared.plan), len(rows), dtype=torch.bool)
        for member, train_rows in enumerate(prepared.plan.train_rows):
            learned[member, torch.from_numpy(train_rows)] = True
        return cls(
            (torch.from_numpy(rows.encoded.numbers), torch.from_numpy(rows.encoded.codes)),
            torch.from_numpy(rows.y),
            torch.from_numpy(rows.weight),
            torch.from_numpy(weight),
            learned,
            torch.from_numpy(prepared.parts()) * learned.any(0),
        )

    def looked_up_by(self, net: TableNet) -> MemberRows:
        """With codes as a stack takes them."""
        numbers, codes = self.inputs
        return self._replace(inputs=(numbers, net.look_up(numbers, codes, self.parts)))

    def by_member(self, weight: Tensor) -> Tensor:
        """The weight of each row for each member, 0 for rows that it does not learn from: (members, rows)."""
        return self.learned * weight

    def to(self, device: torch.device) -> MemberRows:
        """On the device, training weights in the precision of the numbers."""
        numbers, codes = self.inputs
        return self._replace(
            inputs=(numbers.to(device), codes.to(device)),
            y=to_device(self.y, device),
            training_weight=self.training_weight.to(numbers.dtype).to(device),
        )


def learn_member_statistics(
    prepared: Prepared, recipes: Sequence[Recipe], rows: MemberRows, start: Ensemble | None = None
) -> InputStatistics:
    """The statistics of the columns that stacks need, from each member's training rows.

    Means are of the same columns as those of `start`, whose weights these members begin with.
    """
    bins = any(recipe.embedding == "bins" for recipe in recipes)
    codes = prepared.encoder.cardinalities, prepared.encoder.code_widths
    weights = rows.by_member(rows.weight)
    robust = body_spec(prepared.recipe.model).is_robust
    statistics = learn_statistics(*rows.inputs, weights, *codes, robust=robust, bins=bins)
    if prepared.stored:  # of many levels the sample may have too few rows
        statistics = statistics._replace(known=statistics.known | prepared.stored.known)
    if not any(recipe.categories == "means" for recipe in recipes):
        return statistics
    is_regression = prepared.target.task == "regression"
    y = bounded_targets(rows.y, weights) if is_regression else _hot(rows.y, prepared.target.d_out)
    encodings = [stack.encoding for stack in start.stacks if stack.encoding] if start else []
    # Trees have none of pairs.
    formed = max((encoding.formed for encoding in encodings), key=lambda one: len(one.columns), default=None)
    means = learn_level_means(*rows.inputs, y, weights, rows.parts, *codes, formed)
    return statistics._replace(level_means=means)


def _hot(y: Tensor, d_out: int) -> Tensor:
    """A column for each class, of two for the second only."""
    return torch.nn.functional.one_hot(y, max(2, d_out))[:, -d_out:].double()

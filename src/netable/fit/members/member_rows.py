"""The rows of a plan as tensors, and the column statistics of each member."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.fit.preparation.prepare import Prepared
from netable.nn import InputStatistics, learn_statistics
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
    """

    inputs: tuple[Tensor, Tensor]
    y: Tensor
    weight: Tensor
    training_weight: Tensor
    learned: Tensor

    @classmethod
    def of(cls, prepared: Prepared) -> MemberRows:
        """The rows of a plan, on the CPU, weights in float64."""
        rows, target = prepared.rows, prepared.target
        weight = rows.weight
        if target.task != "regression":
            weight = weight * prepared.class_weights()[rows.y]
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
        )

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
    prepared: Prepared, recipes: Sequence[Recipe], rows: MemberRows
) -> InputStatistics:
    """The statistics of the columns that a stack needs, from each member's training rows."""
    return learn_statistics(
        *rows.inputs,
        rows.by_member(rows.weight),
        prepared.encoder.cardinalities,
        prepared.encoder.code_widths,
        robust=body_spec(prepared.recipe.model).is_robust,
        bins=any(recipe.embedding == "bins" for recipe in recipes),
    )

"""The rows of a plan as tensors, and what each member knows of the columns from its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from netable.config.bodies import body_spec
from netable.config.settings import Settings
from netable.fit.preparation.prepare import Prepared
from netable.nn import InputStatistics, learn_statistics
from netable.table.weights import class_weights
from netable.train.objective import to_device


class MemberData(NamedTuple):
    """All rows as tensors; `taught` is (members, rows), whether the member learns from the row."""

    inputs: tuple[Tensor, Tensor]
    y: Tensor
    row_weight: Tensor
    training_weight: Tensor
    taught: Tensor

    @classmethod
    def of(cls, prepared: Prepared) -> MemberData:
        """The rows of a plan, on the CPU, weights in float64."""
        rows, target = prepared.rows, prepared.target
        numbers, codes = torch.from_numpy(rows.encoded.numbers), torch.from_numpy(rows.encoded.codes)
        weight = rows.weight
        if target.task != "regression":
            own = slice(prepared.n_rows)
            by_class = class_weights(
                target.labels, rows.y[own], prepared.config.class_weight, rows.weight[own]
            )
            weight = weight * by_class[rows.y]
        # The loss depends on their proportions alone; float32 could not hold very large or small ones.
        weight = weight / (weight.max() or 1.0)
        taught = torch.zeros(len(prepared.plan), len(rows), dtype=torch.bool)
        for member, own_rows_ in zip(taught, prepared.plan.train_rows, strict=True):
            member[torch.from_numpy(own_rows_)] = True
        return cls(
            (numbers, codes),
            torch.from_numpy(rows.y),
            torch.from_numpy(rows.weight),
            torch.from_numpy(weight),
            taught,
        )

    def share(self, weight: Tensor) -> Tensor:
        """The weight of each row for each member: (members, rows)."""
        return self.taught * weight

    def to(self, device: torch.device) -> MemberData:
        """On the device, the weights in the precision of the numbers."""
        return MemberData(
            (self.inputs[0].to(device), self.inputs[1].to(device)),
            to_device(self.y, device),
            self.row_weight,
            self.training_weight.to(self.inputs[0].dtype).to(device),
            self.taught,
        )


def learn_member_statistics(
    prepared: Prepared, configs: Sequence[Settings], data: MemberData
) -> InputStatistics:
    """What each member knows of the columns, from the rows that it learns from, as far as a stack needs it."""
    encoder = prepared.encoder
    return learn_statistics(
        *data.inputs,
        data.share(data.row_weight),
        encoder.cardinalities,
        robust=body_spec(prepared.config.model).is_robust,
        bins=any(config.embedding == "bins" for config in configs),
    )

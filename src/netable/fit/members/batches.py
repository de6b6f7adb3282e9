"""The batches of a stack."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from netable.compute.executor import SOLO, Team
from netable.config.recipe import Recipe
from netable.fit.members.member_rows import MemberRows
from netable.fit.preparation.prepare import Prepared
from netable.fit.preparation.resolve import EPOCH_ROWS
from netable.fit.stored.stored_rows import unpacked
from netable.nn import TableNet
from netable.train import Batches
from netable.train.stored import Records, StoredBatches


def batches_of(
    rows: MemberRows,
    prepared: Prepared,
    recipe: Recipe,
    seed: int,
    net: TableNet,
    members: Sequence[int],
    team: Team = SOLO,
) -> Batches | StoredBatches:
    """The rows in memory, or all rows of which these are a sample."""
    plan, stored, generator = prepared.plan, prepared.stored, torch.Generator().manual_seed(seed)
    if stored is None:
        return Batches(
            rows.inputs,
            rows.y,
            rows.training_weight,
            batch_size=recipe.batch_size,
            rows=[torch.from_numpy(train_rows) for train_rows in plan.train_rows],
            generator=generator,
            members=members,
            team=team,
        )

    def inputs_and_targets(records: Records) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor]:
        numbers, codes, y, weight, parts = unpacked(records, rows.y.device)
        return (numbers, net.look_up(numbers, codes, parts)), y, weight

    files = [stored.of_member(member) for member in range(len(plan))]
    return StoredBatches(
        files,
        inputs_and_targets,
        batch_size=recipe.batch_size,
        generator=generator,
        epoch_rows=EPOCH_ROWS,
        members=members,
        team=team,
    )

"""Columns that help to predict held-out rows."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from netable.explanation.cells import sample_rows
from netable.explanation.loss import RowLoss
from netable.explanation.outcomes import outcomes
from netable.model.model import Model
from netable.nn.codes import UNSEEN

# The most rows to predict.
ROWS = 2000
# A rise of so many standard errors is no chance.
SURE = 2.0


def helpful_columns(model: Model, names: Collection[str]) -> set[str]:
    """Those columns without which held-out rows are predicted worse, by members that did not learn from them.

    A column is hidden as if no cell had a known value, not shuffled: a shuffled level would be one that another member
    has learned from. Empty if no row is held out from a member of the model.
    """
    rows = model.learned_from
    if rows is None or not names:
        return set()
    held_out = np.flatnonzero((rows.unseen_by >= 0) & (rows.judged_rows.weight > 0))
    if len(held_out) < 2:
        return set()
    held_out = sample_rows(len(rows.unseen_by), ROWS, 0, held_out)
    part = rows.judged_rows.take(held_out)
    blocks = [part.encoded]
    for name in names:
        block = part.encoded.take(np.arange(len(part)))
        numbers, codes = model.encoder.spans[name]
        block.numbers[:, numbers], block.codes[:, codes] = np.nan, UNSEEN
        blocks.append(block)
    loss = RowLoss(model.task, model.recipe.loss, model.objective.quantile, part.y, part.weight)
    known, *hidden = (
        loss.of_rows(outcome).sum(1) for outcome in outcomes(model, blocks, rows.unseen_by[held_out])
    )
    rises = {name: each - known for name, each in zip(names, hidden, strict=True)}
    return {name for name, rise in rises.items() if rise.mean() > SURE * rise.std() / np.sqrt(len(rise))}

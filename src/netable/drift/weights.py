"""How much the predictions for rows depend on each column."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netable.explanation.cells import put, sample_rows
from netable.explanation.outcomes import outcomes
from netable.model.model import Model
from netable.table.encode import Encoded

# Rows on which weights are measured, and shuffles of each column.
_ROWS, _SHUFFLES = 500, 2


def weights(model: Model, encoded: Encoded, seed: int = 0) -> dict[str, float]:
    """The share of each column of what the predictions for these rows depend on.

    A column counts by the mean change of the predictions when its cells are exchanged among the rows. Unlike
    `netable.explanation.permutation_importance` this needs no answers.
    """
    some = encoded.take(sample_rows(len(encoded.codes), _ROWS, seed))
    n_rows, rng = len(some.codes), np.random.default_rng([seed, 1])
    orders = np.concatenate([rng.permutation(n_rows) for _ in range(_SHUFFLES)])
    every = np.tile(np.arange(n_rows), _SHUFFLES)
    spans = model.encoder.spans

    def blocks() -> Iterator[Encoded]:
        yield some.take(every)
        for span in spans.values():
            block = some.take(every)
            put(block, span, some, orders)
            yield block

    first, *shuffled = outcomes(model, blocks())
    spread = np.maximum(first.std(0), np.finfo(np.float64).tiny)
    with np.errstate(over="ignore"):
        changes = [float((np.abs(outcome - first) / spread).mean()) for outcome in shuffled]
    total = sum(changes)
    return {
        name: change / total if 0 < total < np.inf else 0.0
        for name, change in zip(spans, changes, strict=True)
    }

"""Weights for blending several predictions of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Weights are multiples of 1 / SELECTIONS; a finer choice would only fit noise.
SELECTIONS = 20
# The most rows for choosing weights.
ROWS = 20_000


def blend_weights(outcomes: Array, loss: Callable[[Array], Array], row_weight: Array) -> Array:
    """Weights of sum 1 that give the mixture a low loss, by greedy selection with replacement.

    Each round adds the prediction that lowers the mean loss of the mixture most (Caruana et al. 2004, ICML).

    Parameters
    ----------
    outcomes : (predictions, rows, width)
    loss : callable
        The loss of each row of an outcome: (rows, width) → (rows,).
    row_weight : (rows,)

    Returns
    -------
    (predictions,)
    """
    counts = np.zeros(len(outcomes))
    if len(outcomes) == 1 or not row_weight.any():
        return np.full(len(outcomes), 1 / len(outcomes))
    total = np.zeros(outcomes.shape[1:])
    for chosen in range(1, SELECTIONS + 1):
        losses = [(row_weight * loss((total + outcome) / chosen)).sum() for outcome in outcomes]
        best = int(np.argmin(losses))
        counts[best] += 1
        total += outcomes[best]
    return counts / SELECTIONS


class Blend(NamedTuple):
    """Predictions that are blended, out of fold.

    Attributes
    ----------
    weights : (predictions,)
        Chosen on all folds.
    outcome : (rows, width)
        Of each fold by weights chosen on the others.
    used : (predictions,), bool
        True for predictions with a weight in any of these. Without the others every weight is the same.
    """

    weights: Array
    outcome: Array
    used: NDArray[np.bool_]


def blend_out_of_fold(
    outcomes: Array,
    loss: Callable[[Array, NDArray[np.int64]], Array],
    row_weight: Array,
    fold: NDArray[np.int64],
    *,
    in_order: bool = False,
) -> Blend:
    """Blend predictions by `blend_weights`, so that the rows of a fold choose no weights for themselves.

    Parameters
    ----------
    outcomes : (predictions, rows, width), NaN where there is none
    loss : callable
        `loss(outcome, rows)`: the loss of each of these rows.
    row_weight : (rows,)
    fold : (rows,), the part that held each row out; -1 for none
    in_order : bool
        Folds are in order of time: only earlier ones choose for a fold, and the first has equal weights.
    """
    judged = np.flatnonzero(~np.isnan(outcomes[:, :, 0]).any(0))
    choosing = judged[:: max(1, -(-len(judged) // ROWS))]

    def weights_by(rows: NDArray[np.int64]) -> Array:
        return blend_weights(outcomes[:, rows], lambda outcome: loss(outcome, rows), row_weight[rows])

    weights, mixed = weights_by(choosing), outcomes[0].copy()
    used = weights > 0
    if len(outcomes) > 1:
        for part in np.unique(fold[judged]):
            in_part = judged[fold[judged] == part]
            others = fold[choosing] < part if in_order else fold[choosing] != part
            of_others = weights_by(choosing[others])
            used |= of_others > 0
            mixed[in_part] = np.einsum("p,prw->rw", of_others, outcomes[:, in_part])
    return Blend(weights, mixed, used)

"""Evidence on predictions: losses of held-out rows, beside those of a constant and of a linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.doctor.outcome import OutcomeEvidence
from netable.fit.evidence.linear import rows_learned
from netable.fit.members.score import Score
from netable.fit.preparation.prepare import Prepared
from netable.train import metrics
from netable.train.row_losses import prediction_losses

Floats = NDArray[np.float64]


def gather_outcome(prepared: Prepared, score: Score, linear: Floats | None) -> OutcomeEvidence:
    """Compare the networks with a constant and a linear model on the rows that judged them."""
    rows, loss = prepared.rows, prepared.row_loss()
    judged = np.flatnonzero(score.judged)
    return OutcomeEvidence(
        y=rows.y[judged],
        outcome=score.outcome[judged],
        part=prepared.plan.part_of_rows(len(rows))[judged],
        loss=loss(score.outcome[judged], judged),
        constant_loss=loss(score.constant[judged], judged),
        linear_loss=None if linear is None else loss(linear[judged], judged),
        labels=prepared.target.labels,
        weighted=prepared.recipe.class_weight is not None,
        uneven=bool(len(judged) and np.ptp(rows.weight[judged])),
        numbers=judged - (prepared.n_rows if prepared.has_valid_table else 0),
        declared=bool(prepared.recipe.group_column or prepared.recipe.time_column),
        table="validation table" if prepared.has_valid_table else "table",
    )


def linear_results(prepared: Prepared, score: Score, linear: Floats | None) -> dict[str, Any]:
    """`results["linear"]`: metrics of the linear reference and of the networks on the same rows."""
    if linear is None:
        return {}
    plan, weight = prepared.plan, prepared.rows.weight
    learned = [int(np.count_nonzero(weight[plan.train_rows[held.member]])) for held in plan.held_out]
    return {
        "rows": int(score.judged.sum()),
        "folds": len(plan.held_out),
        "learned_rows": rows_learned(max(learned), len(prepared.target.labels)),
        "linear": _metrics(prepared, linear, score.judged),
        "netable": _metrics(prepared, score.outcome, score.judged),
    }


def _metrics(prepared: Prepared, outcome: Floats, judged: NDArray[np.bool_]) -> dict[str, float | None]:
    recipe = prepared.recipe
    y, outcome, weight = prepared.rows.y[judged], outcome[judged], prepared.rows.weight[judged]
    if recipe.task == "regression":
        return metrics("regression", y, outcome, weight, loss=recipe.loss, quantile=recipe.quantile)
    # Areas under curves of many classes take longer than the linear model itself.
    losses = prediction_losses(recipe.task, recipe.loss, outcome, y)[:, 0]
    return {
        "log_loss": float(np.average(losses, weights=weight)),
        "accuracy": float(np.average(outcome.argmax(1) == y, weights=weight)),
    }

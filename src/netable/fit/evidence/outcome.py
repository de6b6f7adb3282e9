"""The evidence on predictions: losses of held-out rows, beside those of a constant and of a linear model."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.doctor.outcome import LinearOutcome, OutcomeEvidence
from netable.fit.evidence.linear import linear_out_of_fold, rows_learned
from netable.fit.members.score import Score, constant_outcome
from netable.fit.preparation.prepare import Prepared
from netable.train import metrics
from netable.train.row_losses import prediction_losses

Floats = NDArray[np.float64]


class Outcome(NamedTuple):
    """Evidence on predictions, and the linear reference.

    Attributes
    ----------
    evidence : OutcomeEvidence
    linear : (rows, d_out or classes), or None
        Predictions of the linear reference; None if no row is judged.
    results : dict
        `results["linear"]`: metrics of the reference and of the networks on the same rows.
    """

    evidence: OutcomeEvidence
    linear: Floats | None
    results: dict[str, Any]


def gather_outcome(prepared: Prepared, score: Score) -> Outcome:
    """Compare the networks with a constant and a linear model on the rows that judged them."""
    rows, outcome, loss = prepared.rows, score.outcome, prepared.row_loss()
    judged = ~np.isnan(outcome[:, 0]) & (rows.weight > 0)
    numbers = np.flatnonzero(judged)
    linear = linear_out_of_fold(prepared) if judged.any() else None
    net_loss = loss(outcome[numbers], numbers)
    evidence = OutcomeEvidence(
        y=rows.y[numbers],
        outcome=outcome[numbers],
        part=prepared.plan.part_of_rows(len(rows))[numbers],
        loss=net_loss,
        constant_loss=loss(constant_outcome(prepared)[numbers], numbers),
        labels=prepared.target.labels,
        weighted=prepared.recipe.class_weight is not None,
        uneven=bool(np.ptp(rows.weight[judged]) if judged.any() else False),
        numbers=numbers - (prepared.n_rows if prepared.has_valid_table else 0),
        table="validation table" if prepared.has_valid_table else "table",
        linear=None if linear is None else LinearOutcome(loss(linear[numbers], numbers), net_loss),
    )
    return Outcome(evidence, linear, {} if linear is None else _results(prepared, numbers, linear, outcome))


def _results(
    prepared: Prepared, numbers: NDArray[np.int64], linear: Floats, outcome: Floats
) -> dict[str, Any]:
    plan, weight = prepared.plan, prepared.rows.weight
    learned = [int(np.count_nonzero(weight[plan.train_rows[held.member]])) for held in plan.held_out]
    return {
        "rows": len(numbers),
        "folds": len(plan.held_out),
        "learned_rows": rows_learned(max(learned), len(prepared.target.labels)),
        "linear": _metrics(prepared, linear, numbers),
        "netable": _metrics(prepared, outcome, numbers),
    }


def _metrics(prepared: Prepared, outcome: Floats, numbers: NDArray[np.int64]) -> dict[str, float | None]:
    y, weight, recipe = prepared.rows.y[numbers], prepared.rows.weight[numbers], prepared.recipe
    outcome = outcome[numbers]
    if recipe.task == "regression":
        return metrics("regression", y, outcome, weight, loss=recipe.loss, quantile=recipe.quantile)
    # Areas under curves of many classes take longer than the linear model itself.
    losses = prediction_losses(recipe.task, recipe.loss, outcome, y)[:, 0]
    return {
        "log_loss": float(np.average(losses, weights=weight)),
        "accuracy": float(np.average(outcome.argmax(1) == y, weights=weight)),
    }

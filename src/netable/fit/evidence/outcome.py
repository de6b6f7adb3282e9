"""The evidence of the outcome: what judged rows cost, beside a constant and a linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.doctor.outcome import LinearOutcome, OutcomeEvidence
from netable.fit.evidence.linear import Linear, fit_linear
from netable.fit.members.score import Score, constant_outcome
from netable.fit.preparation.prepare import Prepared
from netable.train import metrics


def gather_outcome(prepared: Prepared, score: Score) -> tuple[OutcomeEvidence, dict[str, Any]]:
    """What the verdicts on the outcome rest on; and how good a linear model is, for `results["linear"]`.

    Parameters
    ----------
    prepared : Prepared
        With every setting resolved.
    score : Score
        What was said of rows that were not learned from.
    """
    rows, outcome = prepared.rows, score.outcome
    judged = ~np.isnan(outcome[:, 0]) & (rows.weight > 0)
    numbers = np.flatnonzero(judged)
    loss = prepared.row_loss()
    has_valid_table = prepared.has_valid_table
    line = fit_linear(prepared, judged, np.random.default_rng(prepared.recipe.seed))
    evidence = OutcomeEvidence(
        y=rows.y[numbers],
        outcome=outcome[numbers],
        part=prepared.plan.part_of_rows(len(rows))[numbers],
        loss=loss(outcome[numbers], numbers),
        constant_loss=loss(constant_outcome(prepared)[numbers], numbers),
        labels=prepared.target.labels,
        weighted=prepared.recipe.class_weight is not None,
        uneven=bool(np.ptp(rows.weight[judged]) if judged.any() else False),
        numbers=numbers - (prepared.n_rows if has_valid_table else 0),
        table="validation table" if has_valid_table else "table",
        linear=line
        and LinearOutcome(loss=loss(line.outcome, line.rows), net_loss=loss(outcome[line.rows], line.rows)),
    )
    return evidence, {} if line is None else _linear_figures(prepared, score, line)


def _linear_figures(prepared: Prepared, score: Score, line: Linear) -> dict[str, Any]:
    """The metrics of a linear model, and of the networks on the same rows."""
    outcomes = {"linear": line.outcome, "netable": score.outcome[line.rows]}
    figures = {name: _figures(prepared, outcome, line) for name, outcome in outcomes.items()}
    return {"rows": len(line.rows), "folds": line.folds, "learned_rows": line.learned} | figures


def _figures(prepared: Prepared, outcome: NDArray[np.float64], line: Linear) -> dict[str, float | None]:
    y, weight = prepared.rows.y[line.rows], prepared.rows.weight[line.rows]
    if prepared.target.task == "regression":
        return metrics("regression", y, outcome, weight, loss=prepared.recipe.loss)
    # Areas under curves of many classes take longer than the linear model itself.
    losses = -np.log(outcome[np.arange(len(y)), y].clip(1e-15))
    return {
        "log_loss": float(np.average(losses, weights=weight)),
        "accuracy": float(np.average(outcome.argmax(1) == y, weights=weight)),
    }

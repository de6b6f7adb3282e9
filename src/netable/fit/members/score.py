"""Out-of-fold metrics, calibration and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.fit.members.first_members import RAREST
from netable.fit.preparation.prepare import Prepared
from netable.model.calibration import cross_fit_temperature, fit_temperature, with_temperature
from netable.model.intervals import FOR_CLASSES, Intervals, cross_measure
from netable.nn.quantiles import SortedColumn
from netable.table.target import Target
from netable.train import Objective, metric_names, metrics
from netable.train.row_losses import quantile_level

Floats = NDArray[np.float64]
_TINY = np.finfo(np.float64).tiny
NOTHING_HELD_OUT = "all rows were used for training, and none held out to measure errors on; use folds"
WARM_START = "training started from weights that may have learned from any row; fit without warm_start"


@dataclass(frozen=True)
class Score:
    """Results on held-out rows.

    Attributes
    ----------
    outcome : (rows, d_out or classes), NaN where a row was not judged
        Calibrated, the rows of each fold by the other folds.
    judged : (rows,)
        True for rows with an outcome and a positive weight.
    constant : as outcome
        Predictions of the best constant.
    temperature : float
        For the model, from all judged rows.
    intervals : Intervals
    results : dict
        For `metrics.json`.
    """

    outcome: Floats
    judged: NDArray[np.bool_]
    constant: Floats
    temperature: float
    intervals: Intervals
    results: dict[str, Any]


def score(prepared: Prepared, objective: Objective, outcome: Floats, *, warm: bool) -> Score:
    """Measure, calibrate and take intervals from out-of-fold predictions.

    Parameters
    ----------
    outcome : (rows, d_out or classes), NaN where all members learned from the row
    warm : bool
        The initial weights may have learned from any row, so nothing can be measured.
    """
    if warm:
        outcome = np.full_like(outcome, np.nan)
    task, recipe, rows = prepared.target.task, prepared.recipe, prepared.rows
    judged = ~np.isnan(outcome[:, 0]) & (rows.weight > 0)
    more: dict[str, Any]
    temperature, intervals = 1.0, Intervals(why_none=FOR_CLASSES)
    if task == "regression":
        intervals, measured = _intervals(prepared, objective, outcome, judged, warm=warm)
        more = {"intervals": measured}
    else:
        temperature, outcome = _calibrated(prepared, outcome, judged)
        more = {"temperature": temperature}

    def measure(outcome: Floats, among: NDArray[np.bool_]) -> dict[str, float | None]:
        if not among.any():
            return {}
        loss, quantile = recipe.loss, recipe.quantile
        return metrics(task, rows.y[among], outcome[among], rows.weight[among], loss=loss, quantile=quantile)

    constant = constant_outcome(prepared)
    results = {
        "metric": metric_names(task, recipe.loss)[0],
        "valid": measure(outcome, judged),
        "baseline": measure(constant, ~np.isnan(constant[:, 0]) & (rows.weight > 0)),
    }
    return Score(outcome, judged, constant, temperature, intervals, results | more)


def _calibrated(prepared: Prepared, outcome: Floats, judged: NDArray[np.bool_]) -> tuple[float, Floats]:
    """The temperature from all judged rows; and the outcome, each fold's by the temperature from the others.

    Tiny tables have too few rows for it. Rows have the weights of training, class weights included: with balanced
    classes the probabilities are meant as if classes were balanced, and the temperature must not undo that.
    """
    rows = prepared.rows
    if not judged.any() or prepared.tiny:
        return 1.0, outcome
    weight = (rows.weight * prepared.class_weights()[rows.y])[judged]
    log_probabilities = np.log(np.maximum(outcome[judged], _TINY))
    evidence = log_probabilities, rows.y[judged], weight
    part = prepared.plan.part_of_rows(len(outcome))[judged]
    temperatures = cross_fit_temperature(*evidence, part, in_order=prepared.in_order)
    calibrated = outcome.copy()
    calibrated[judged] = with_temperature(log_probabilities, temperatures)
    return fit_temperature(*evidence), calibrated


def _intervals(
    prepared: Prepared, objective: Objective, outcome: Floats, judged: NDArray[np.bool_], *, warm: bool
) -> tuple[Intervals, dict[str, Any]]:
    """The intervals from all judged rows, and measurements of those for each fold from the others."""
    rows = prepared.rows
    if not judged.any():
        return Intervals(why_none=WARM_START if warm else NOTHING_HELD_OUT), {}
    evidence = outcome[judged], rows.y[judged], rows.weight[judged]
    units = _units(objective, prepared.target.d_out)
    part = prepared.plan.part_of_rows(len(outcome))[judged]
    measured = cross_measure(*evidence, part, units, in_order=prepared.in_order)
    return Intervals.learn(*evidence, units), measured


def _units(objective: Objective, d_out: int) -> tuple[str, ...]:
    """Units in which errors vary least: roots for counts, logarithms for targets learned as such."""
    if objective.loss == "poisson":
        return ("root",) * d_out
    if objective.scale is None or objective.scale.shift is None:
        return ("own",) * d_out
    return tuple("log1p" if shift else "log" for shift in objective.scale.shift[0, 0].tolist())


def constant_outcome(prepared: Prepared) -> Floats:
    """The best constant of each member's training rows, for its held-out rows: (rows, d_out or classes)."""
    rows, target = prepared.rows, prepared.target
    outcome = np.full((len(rows), target.width), np.nan)
    for held in prepared.plan.held_out:
        learned = prepared.plan.train_rows[held.member]
        outcome[held.rows] = best_constant(prepared.recipe, target, rows.y[learned], rows.weight[learned])
    return outcome


def best_constant(recipe: Settings, target: Target, y: NDArray[Any], weight: Floats) -> Floats:
    """The best prediction without any column: (d_out or classes,).

    Parameters
    ----------
    recipe : Settings
        Its loss decides which constant is best.
    y : (rows, d_out), for classes codes (rows,)
    weight : (rows,)
    """
    # A class or a count that does not occur in training is not impossible.
    if target.task != "regression":
        shares = np.bincount(y, weights=weight, minlength=len(target.labels)) / weight.sum()
        return np.asarray(shares.clip(RAREST))
    level = quantile_level(recipe.loss, recipe.quantile)
    if level is not None:
        of_rows = torch.from_numpy(weight).unsqueeze(0)
        columns = [SortedColumn(torch.from_numpy(column), of_rows) for column in y.T.copy()]
        return np.array([column.quantiles((level,)).item() for column in columns])
    mean: Floats = np.average(y, axis=0, weights=weight)
    return mean.clip(RAREST) if recipe.loss == "poisson" else mean

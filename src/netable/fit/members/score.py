"""Out-of-fold metrics, calibration and intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.fit.members.stack import RAREST
from netable.fit.preparation.prepare import Prepared
from netable.model.calibration import cross_fit_temperature, fit_temperature, with_temperature
from netable.model.intervals import FOR_CLASSES, Intervals, cross_measure
from netable.nn.statistics import SortedColumn
from netable.table.target import Target
from netable.train import Objective, metric_names, metrics

Floats = NDArray[np.float64]
_TINY = np.finfo(np.float64).tiny
NOTHING_HELD_OUT = (
    "all rows were learned from, and none held out to show how far off predictions are; use folds"
)
WARM_START = "training went on from weights that may have learned from any row; fit without warm_start"


@dataclass(frozen=True)
class Score:
    """Results on held-out rows.

    Attributes
    ----------
    outcome : (rows, d_out or classes), NaN where a row was not judged
        Calibrated, each row by what other folds told.
    temperature : float
        For the model, from all judged rows.
    intervals : Intervals
    results : dict
        The part of `metrics.json` that is about this.
    """

    outcome: Floats
    temperature: float
    intervals: Intervals
    results: dict[str, Any]


def score(prepared: Prepared, objective: Objective, outcome: Floats, *, warm: bool) -> Score:
    """Measure, calibrate and take intervals from out-of-fold predictions.

    Parameters
    ----------
    outcome : (rows, d_out or classes), NaN where no member has not seen the row
    warm : bool
        The members began with weights that may have learned from any row: then no figure would be honest.
    """
    if warm:
        outcome = np.full_like(outcome, np.nan)
    task, config = prepared.target.task, prepared.recipe
    more: dict[str, Any]
    temperature, intervals = 1.0, Intervals(why_none=FOR_CLASSES)
    if task == "regression":
        intervals, measured = _intervals(prepared, objective, outcome, warm=warm)
        more = {"intervals": measured}
    else:
        temperature, outcome = _calibrated(prepared, outcome)
        more = {"temperature": temperature}
    results = {
        "metric": metric_names(task, config.loss)[0],
        "valid": _figures(prepared, outcome),
        "baseline": _figures(prepared, constant_outcome(prepared)),
    }
    return Score(outcome, temperature, intervals, results | more)


def _figures(prepared: Prepared, outcome: Floats) -> dict[str, float | None]:
    """The metrics over held-out rows of a positive weight; empty if there are none."""
    rows, config = prepared.rows, prepared.recipe
    judged = _judged(prepared, outcome)
    if not judged.any():
        return {}
    return metrics(
        prepared.target.task,
        rows.y[judged],
        outcome[judged],
        rows.weight[judged],
        loss=config.loss,
        quantile=config.quantile,
    )


def _judged(prepared: Prepared, outcome: Floats) -> NDArray[np.bool_]:
    judged: NDArray[np.bool_] = ~np.isnan(outcome[:, 0]) & (prepared.rows.weight > 0)
    return judged


def _calibrated(prepared: Prepared, outcome: Floats) -> tuple[float, Floats]:
    """The temperature from all judged rows; and the outcome, each fold's by the temperature from the others.

    Tiny tables have too few rows to tell. Rows count as they did in training, class weights included: who asks for
    balanced classes asks for probabilities as if they were, and a temperature can only say how sure these are.
    """
    rows = prepared.rows
    judged = _judged(prepared, outcome)
    if not judged.any() or prepared.tiny:
        return 1.0, outcome
    weight = (rows.weight * prepared.class_weights()[rows.y])[judged]
    log_probabilities = np.log(np.maximum(outcome[judged], _TINY))
    evidence = log_probabilities, rows.y[judged], weight
    in_order = prepared.in_order
    temperatures = cross_fit_temperature(
        *evidence, prepared.plan.part_of_rows(len(outcome))[judged], in_order=in_order
    )
    calibrated = outcome.copy()
    calibrated[judged] = with_temperature(log_probabilities, temperatures)
    return fit_temperature(*evidence), calibrated


def _intervals(
    prepared: Prepared, objective: Objective, outcome: Floats, *, warm: bool
) -> tuple[Intervals, dict[str, Any]]:
    """The intervals from all judged rows, and measurements of those for each fold from the others."""
    rows = prepared.rows
    judged = _judged(prepared, outcome)
    if not judged.any():
        return Intervals(why_none=WARM_START if warm else NOTHING_HELD_OUT), {}
    evidence = outcome[judged], rows.y[judged], rows.weight[judged]
    units = _units(objective, prepared.target.d_out)
    in_order = prepared.in_order
    measured = cross_measure(
        *evidence, prepared.plan.part_of_rows(len(outcome))[judged], units, in_order=in_order
    )
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


def best_constant(config: Settings, target: Target, y: NDArray[Any], weight: Floats) -> Floats:
    """The best prediction without any column: (d_out or classes,).

    Parameters
    ----------
    config : Settings
        Its loss decides what a good constant is.
    y : (rows, d_out), for classes codes (rows,)
    weight : (rows,)
    """
    # A class or a count that was not met is not impossible.
    if target.task != "regression":
        shares = np.bincount(y, weights=weight, minlength=len(target.labels)) / weight.sum()
        return np.asarray(shares.clip(RAREST))
    if config.loss in ("mae", "quantile"):
        level = config.quantile if config.loss == "quantile" else 0.5
        of_rows = torch.from_numpy(weight).unsqueeze(0)
        columns = [SortedColumn(torch.from_numpy(column), of_rows) for column in y.T.copy()]
        return np.array([column.quantiles((level,)).item() for column in columns])
    mean: Floats = np.average(y, axis=0, weights=weight)
    return mean.clip(RAREST) if config.loss == "poisson" else mean

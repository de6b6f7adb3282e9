"""A linear model on the same rows: what the networks have to beat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from netable.config.settings import Settings
from netable.errors import own_filters
from netable.table.encode import Encoded

Floats = NDArray[np.float64]
Predict = Callable[[Floats], Floats]
# More rows to learn from, or more columns of levels, change a linear model little and cost seconds.
ROWS_AT_MOST, LEVELS_AT_MOST = 5_000, 400
# Predicted at a time, so that a long table with many levels fits in memory.
_ROWS_AT_A_TIME = 20_000
# No class, and no rate of counts, is impossible.
_RAREST = 1e-4
_STEPS_AT_MOST = 100


def linear_outcome(
    train: tuple[Encoded, NDArray[Any], Floats],
    judged: Encoded,
    cardinalities: tuple[int, ...],
    n_classes: int,
    config: Settings,
) -> Floats:
    """What a linear model says of rows, having learned from others: (rows, d_out or classes).

    Ridge or logistic regression with scikit-learn's own settings, on numbers that are standardized (missing ones at the
    median, and marked) and levels of which each has a column. It learns from a sample where there are many rows.

    Parameters
    ----------
    train : (encoded rows, targets or codes, weights)
    cardinalities : codes of each category
    """
    encoded, y, weight = train
    learned = np.flatnonzero(weight > 0)
    if len(learned) > ROWS_AT_MOST:
        learned = np.random.default_rng(0).choice(learned, ROWS_AT_MOST, replace=False)
    encoded, y, weight = (
        Encoded(encoded.numbers[learned], encoded.codes[learned]),
        y[learned],
        weight[learned],
    )
    weight = weight / weight.mean()
    design = _Design(encoded, cardinalities)
    x = design.of(encoded)
    predict = _classes(x, y, weight, n_classes) if n_classes else _numbers(x, y, weight, config)
    starts = range(0, len(judged.codes), _ROWS_AT_A_TIME)
    chunks = [slice(start, start + _ROWS_AT_A_TIME) for start in starts]
    return np.concatenate(
        [predict(design.of(Encoded(judged.numbers[rows], judged.codes[rows]))) for rows in chunks]
    )


def _numbers(x: Floats, y: Floats, weight: Floats, config: Settings) -> Predict:
    log = config.target_transform == "log" or config.loss == "poisson"
    shift = 1.0 if log and y.min() <= 0 else 0.0
    model = Ridge().fit(x, np.log(y + shift) if log else y, sample_weight=weight)
    limit = np.log(y.max(axis=0) + shift) + np.log(2) if log else 0.0  # a line may lead to any power
    robust = config.loss in ("mae", "quantile")

    def line(x: Floats) -> Floats:
        told = model.predict(x).reshape(len(x), -1)
        return np.asarray(np.exp(np.minimum(told, limit)) - shift if log else told)

    factor: Any = 1.0
    fitted = line(x)
    if log and not robust:
        factor = np.average(y + shift, axis=0, weights=weight) / np.average(
            fitted + shift, axis=0, weights=weight
        )
    offset: Any = _quantile(y - fitted, weight, config) if robust else 0.0

    def predict(x: Floats) -> Floats:
        told = line(x)
        if log and not robust:
            told = (told + shift) * factor - shift
        told = told + offset
        return np.asarray(np.maximum(told, _RAREST) if config.loss == "poisson" else told)

    return predict


def _classes(x: Floats, y: NDArray[Any], weight: Floats, n_classes: int) -> Predict:
    present = np.unique(y)
    model = None
    if len(present) > 1:
        with own_filters(ConvergenceWarning):  # the last step is as good a reference as the best
            model = LogisticRegression(max_iter=_STEPS_AT_MOST).fit(x, y, sample_weight=weight)

    def predict(x: Floats) -> Floats:
        outcome = np.zeros((len(x), n_classes))
        outcome[:, present] = 1.0 if model is None else model.predict_proba(x)
        outcome = outcome.clip(_RAREST)
        return np.asarray(outcome / outcome.sum(1, keepdims=True))

    return predict


def _quantile(values: Floats, weight: Floats, config: Settings) -> Floats:
    level = config.quantile if config.loss == "quantile" else 0.5
    return np.array(
        [np.quantile(column, level, weights=weight, method="inverted_cdf") for column in values.T.copy()]
    )


class _Design:
    """The columns of a linear model, by what its training rows tell."""

    def __init__(self, train: Encoded, cardinalities: tuple[int, ...]) -> None:
        self._numbers: list[tuple[float, float, float, bool]] = []
        for column in train.numbers.T:
            gaps = np.isnan(column)
            middle = float(np.median(column[~gaps])) if not gaps.all() else 0.0
            filled = np.where(gaps, middle, column).astype(np.float64)
            self._numbers.append((middle, filled.mean(), filled.std(), bool(gaps.any())))
        self._levels: list[NDArray[np.intp]] = []
        most = max(2, LEVELS_AT_MOST // max(1, len(cardinalities)))
        for codes, n_codes in zip(train.codes.T, cardinalities, strict=True):
            counts = np.bincount(codes, minlength=n_codes)
            levels = np.argsort(-counts, kind="stable")[:most]
            self._levels.append(levels[counts[levels] > 0])

    def of(self, rows: Encoded) -> Floats:
        """(rows, columns), numbers standardized and levels as 0 and 1."""
        parts: list[Floats] = []
        for column, (middle, center, spread, has_gaps) in zip(rows.numbers.T, self._numbers, strict=True):
            gaps = np.isnan(column)
            if spread > 0:
                filled = np.where(gaps, middle, column).astype(np.float64)
                # A slip among new rows shall not decide how good a line is.
                parts.append(np.clip((filled - center) / spread, -20, 20))
            if has_gaps:
                parts.append(gaps.astype(np.float64))
        parts += [
            (codes[:, None] == levels) * 1.0 for codes, levels in zip(rows.codes.T, self._levels, strict=True)
        ]
        return np.column_stack(parts) if parts else np.zeros((len(rows.codes), 1))

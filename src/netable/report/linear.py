"""A constant and a linear model on the same rows: what the networks have to beat."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from netable.config import Config
from netable.table.encode import Encoded

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
# More rows to learn from, or more columns of levels, change a linear model little and cost seconds.
ROWS_AT_MOST, LEVELS_AT_MOST = 5_000, 400
# No class, and no rate of counts, is impossible.
_RAREST = 1e-4
_STEPS_AT_MOST = 100


def constant_outcome(y: NDArray[Any], weight: Floats, n_classes: int, config: Config) -> Floats:
    """The best constant for these rows: (d_out or classes,)."""
    if n_classes:
        shares = np.bincount(y, weights=weight, minlength=n_classes) / weight.sum()
        return np.asarray(shares.clip(_RAREST))
    if config.loss in ("mae", "quantile"):
        return np.asarray(_quantile(y, weight, config))
    mean: Floats = np.average(y, axis=0, weights=weight)
    return mean.clip(_RAREST) if config.loss == "poisson" else mean


def linear_outcome(
    train: tuple[Encoded, NDArray[Any], Floats],
    judged: Encoded,
    cardinalities: tuple[int, ...],
    n_classes: int,
    config: Config,
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
    design, x = _designs(encoded, judged, cardinalities)
    if n_classes:
        return _classes(design, y, weight, x, n_classes)
    return _numbers(design, y, weight, x, config)


def _numbers(design: Floats, y: Floats, weight: Floats, x: Floats, config: Config) -> Floats:
    log = config.target_transform == "log" or config.loss == "poisson"
    shift = 1.0 if log and y.min() <= 0 else 0.0
    model = Ridge().fit(design, np.log(y + shift) if log else y, sample_weight=weight)
    fitted, told = model.predict(design).reshape(y.shape), model.predict(x).reshape(len(x), -1)
    if log:
        limit = np.log(y.max(axis=0) + shift) + np.log(2)  # a line may lead to any power
        fitted, told = np.exp(np.minimum(fitted, limit)) - shift, np.exp(np.minimum(told, limit)) - shift
        if config.loss not in ("mae", "quantile"):
            factor = np.average(y + shift, axis=0, weights=weight) / np.average(
                fitted + shift, axis=0, weights=weight
            )
            told = (told + shift) * factor - shift
    if config.loss in ("mae", "quantile"):
        told = told + _quantile(y - fitted, weight, config)
    return np.maximum(told, _RAREST) if config.loss == "poisson" else np.asarray(told)


def _classes(design: Floats, y: NDArray[Any], weight: Floats, x: Floats, n_classes: int) -> Floats:
    outcome = np.zeros((len(x), n_classes))
    present = np.unique(y)
    if len(present) == 1:
        outcome[:, present] = 1.0
    else:
        with warnings.catch_warnings():  # the last step is as good a reference as the best
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = LogisticRegression(max_iter=_STEPS_AT_MOST).fit(design, y, sample_weight=weight)
        outcome[:, model.classes_] = model.predict_proba(x)
    outcome = outcome.clip(_RAREST)
    return np.asarray(outcome / outcome.sum(1, keepdims=True))


def _quantile(values: Floats, weight: Floats, config: Config) -> Floats:
    level = config.quantile if config.loss == "quantile" else 0.5
    return np.array(
        [np.quantile(column, level, weights=weight, method="inverted_cdf") for column in values.T.copy()]
    )


def _designs(train: Encoded, judged: Encoded, cardinalities: tuple[int, ...]) -> tuple[Floats, Floats]:
    """The columns of a linear model for both, by what the training rows tell."""
    parts: list[tuple[Floats, Floats]] = []
    for learned, told in zip(train.numbers.T, judged.numbers.T, strict=True):
        gaps = np.isnan(learned)
        middle = float(np.median(learned[~gaps])) if not gaps.all() else 0.0
        columns = [np.where(np.isnan(c), middle, c).astype(np.float64) for c in (learned, told)]
        center, spread = columns[0].mean(), columns[0].std()
        if spread > 0:
            # A slip among new rows shall not decide how good a line is.
            parts.append(tuple(np.clip((c - center) / spread, -20, 20) for c in columns))
        if gaps.any():
            parts.append((gaps.astype(np.float64), np.isnan(told).astype(np.float64)))
    most = max(2, LEVELS_AT_MOST // max(1, len(cardinalities)))
    for learned, told, n_codes in zip(train.codes.T, judged.codes.T, cardinalities, strict=True):
        counts = np.bincount(learned, minlength=n_codes)
        levels = np.argsort(-counts, kind="stable")[:most]
        levels = levels[counts[levels] > 0]
        parts.append(((learned[:, None] == levels) * 1.0, (told[:, None] == levels) * 1.0))
    if not parts:
        return np.zeros((len(train.codes), 1)), np.zeros((len(judged.codes), 1))
    return np.column_stack([a for a, _ in parts]), np.column_stack([b for _, b in parts])

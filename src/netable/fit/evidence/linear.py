"""A cheap linear model beside the networks: on some rows of a fold, judged on the rows that the fold holds out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from netable.errors import own_filters
from netable.fit.members.stack import RAREST
from netable.fit.preparation.prepare import Prepared
from netable.train.plan import HeldOut

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Rows of a fold that it learns from, and rows that are enough to judge by; for the latter it may take several folds.
LEARNED, JUDGED = 2000, 500
MOST_FOLDS = 2
# What a column and all columns may become.
LEVELS, FEATURES = 20, 200
# Farther out, in deviations, a number would draw the line to itself.
FARTHEST = 10.0
STEPS = 50
# The losses that a line by least squares may be judged by.
LOSSES = ("mse", "huber", "mae")


class Linear(NamedTuple):
    """What a linear model says of rows that it has not seen.

    Attributes
    ----------
    rows : (n,) the judged rows
    outcome : (n, d_out or classes)
    learned : rows that it learned from, of the fold with the most
    folds : how many folds were judged
    """

    rows: Ints
    outcome: Floats
    learned: int
    folds: int


def fit_linear(prepared: Prepared, judged: NDArray[np.bool_], rng: np.random.Generator) -> Linear | None:
    """Ridge or logistic regression; None where none can be fitted, or its loss would not be the same.

    Parameters
    ----------
    judged : (rows,)
        The rows that the networks are judged on.
    """
    if prepared.target.task == "regression" and prepared.recipe.loss not in LOSSES:
        return None
    found: list[tuple[Ints, Floats]] = []
    learned = 0
    for held in _folds(prepared):
        rows = held.rows[judged[held.rows]]
        fold = _fit_fold(prepared, held, rows, rng) if len(rows) else None
        if fold is not None:
            found.append((rows, fold.outcome))
            learned = max(learned, fold.learned)
        if sum(len(rows) for rows, _ in found) >= JUDGED or len(found) == MOST_FOLDS:
            break
    if not found:
        return None
    outcome = np.concatenate([outcome for _, outcome in found])
    return Linear(np.concatenate([rows for rows, _ in found]), outcome, learned, len(found))


def _folds(prepared: Prepared) -> list[HeldOut]:
    # In order of time the last fold has the most to learn from.
    return list(prepared.plan.held_out)[:: -1 if prepared.recipe.time_column else 1]


class _Fold(NamedTuple):
    outcome: Floats
    learned: int


def _fit_fold(prepared: Prepared, held: HeldOut, rows: Ints, rng: np.random.Generator) -> _Fold | None:
    weight = prepared.rows.weight
    train = prepared.plan.train_rows[held.member]
    train = train[weight[train] > 0]
    if len(train) > LEARNED:
        train = np.sort(rng.choice(train, LEARNED, replace=False))
    own, others = _features(prepared, train, rows)
    if not own.shape[1]:  # no level occurs twice
        return None
    y = prepared.rows.y[train]
    own_weight = (
        weight[train] / weight[train].mean()
    )  # their unit must not decide how strongly it is held back
    if prepared.target.task == "regression":
        outcome = Ridge(alpha=1.0).fit(own, y, sample_weight=own_weight).predict(others)
        return _Fold(outcome.reshape(len(rows), -1), len(train))
    if (y == y[0]).all():
        return None
    net = LogisticRegression(max_iter=STEPS, tol=1e-3)
    with own_filters(
        UserWarning
    ):  # as far as it has come is far enough; that there are many classes is known
        net.fit(own, y, sample_weight=own_weight)
    outcome = np.full((len(rows), len(prepared.target.labels)), RAREST)
    outcome[:, net.classes_] = net.predict_proba(others).clip(RAREST)
    return _Fold(outcome / outcome.sum(1, keepdims=True), len(train))


def _features(prepared: Prepared, train: Ints, rows: Ints) -> tuple[Floats, Floats]:
    """Standardized numbers, whether they are missing, and frequent levels, by what the training rows have."""
    both = np.concatenate([train, rows])
    n = len(train)
    numbers = prepared.rows.encoded.numbers[both].astype(np.float64)
    missing = np.isnan(numbers)
    present = ~missing[:n]
    count = present.sum(0).clip(1)
    filled = np.where(missing, 0.0, numbers)
    # In units of a power of two nothing is rounded, and squares and sums of the largest numbers do not overflow.
    _, exponent = np.frexp(np.abs(filled).max(0, initial=0))
    filled, numbers = np.ldexp(filled, -exponent), np.ldexp(numbers, -exponent)
    mean = filled[:n].sum(0) / count
    numbers = np.where(missing, 0.0, numbers - mean)
    deviation = np.sqrt(np.square(numbers[:n]).sum(0) / count)
    numbers = (numbers / np.where(deviation > 0, deviation, 1.0)).clip(-FARTHEST, FARTHEST)
    parts: list[NDArray[Any]] = [numbers, missing[:, missing[:n].any(0)]]
    for codes in prepared.rows.encoded.codes[both].T:
        counts = np.bincount(codes[:n])
        frequent = np.argsort(-counts, kind="stable")[:LEVELS]
        parts.append(codes[:, None] == frequent[counts[frequent] > 1])
    features = np.concatenate(parts, 1).astype(np.float64)[:, :FEATURES]
    return features[:n], features[n:]

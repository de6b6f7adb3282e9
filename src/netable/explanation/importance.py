"""Which columns matter: how much worse a model gets when a column's cells are dealt out anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError, check_at_least
from netable.explanation.cells import Rows, Span, put, sample_rows, take
from netable.explanation.loss import RowLoss
from netable.explanation.outcomes import outcomes
from netable.model.model import Model
from netable.model.row_sketch import warn_of_seen
from netable.table.encode import Encoded
from netable.table.weights import check_weights

REPEATS = 5
# Rows that a column's importance is measured on at most.
JUDGED_ROWS = 1000


@dataclass(frozen=True)
class Importance:
    """How much a column matters.

    Attributes
    ----------
    name : str
        A column of the table.
    mean : float
        How much the loss rises when the column is shuffled: log loss for classes; for numbers the model's loss in units
        of the best constant's, so that with the loss mse it is the rise of squared errors over the target's variance.
    deviation : float
        The standard error of `mean`: how far it would move with other rows and shuffles.
    metric : float
        The rise of the figure that speaks for the model, such as the RMSE in the target's units.
    """

    name: str
    mean: float
    deviation: float
    metric: float


def permutation_importance(
    model: Model,
    table: pa.Table,
    *,
    fold: NDArray[np.integer] | None = None,
    weight: NDArray[np.floating] | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
    max_rows: int = JUDGED_ROWS,
) -> list[Importance]:
    """How much the loss rises when a column of the table is shuffled, the most important first.

    Breiman (2001); Fisher, Rudin & Dominici (2019, arXiv:1801.01489). All that a column became (the six or eight
    numbers of a date, say) is shuffled as one. Every column is shuffled in the same ways. Of columns that say the
    same, each may seem to matter little, because the other is left.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical, with the target.
    fold : (rows,), optional
        The member of each stack that has not learned from the row, such as `LearnedFrom.unseen_by`: then it alone
        judges the row, and rows of -1 are left out. Without it all members judge every row, which flatters rows of
        the training.
    weight : (rows,), optional
        The weight of each row; as in `Model.evaluate`, from the model's weight column if the table has it.
    repeats : int
        How often each column is shuffled.
    max_rows : int
        Rows that judge, a sample of them if there are more.

    Raises
    ------
    UserError
        If the table lacks a column or the target, or no row is left to judge.

    Warns
    -----
    DataWarning
        Without `fold`, if a good part of the rows is known from training.
    """
    check_at_least("repeats", repeats, 1, integer=True)
    judged = _Judged.of(model, table, fold, weight, max_rows, seed)
    rng = np.random.default_rng([seed, 1])
    orders = np.stack([rng.permutation(len(judged.loss.weight)) for _ in range(repeats)])
    spans = model.encoder.spans
    first, *shuffled = _losses(judged, model, orders, list(spans.values()))
    unit = judged.loss.unit()
    found = [
        _importance(name, judged.loss, first[0], losses, unit)
        for name, losses in zip(spans, shuffled, strict=True)
    ]
    return sorted(found, key=lambda importance: -importance.mean)


def judging_rows(model: Model, table: pa.Table, *, seed: int = 0, max_rows: int = JUDGED_ROWS) -> Rows:
    """The rows of a table that judge in `permutation_importance`, without `fold`: (rows,), from 0.

    Raises
    ------
    DataError
        If the table's weights are none.
    """
    return _sample(_weights(model, table, None), None, max_rows, seed)


def _weights(model: Model, table: pa.Table, weight: NDArray[np.floating] | None) -> NDArray[np.float64]:
    name, n_rows = model.recipe.weight_column, table.num_rows
    if weight is None and name and name in table.column_names:
        weight = table.column(name).to_numpy()
    return np.ones(n_rows) if weight is None else check_weights(weight, n_rows).astype(np.float64)


def _sample(weight: NDArray[np.float64], fold: Rows | None, max_rows: int, seed: int) -> Rows:
    counts = weight > 0 if fold is None else (weight > 0) & (fold >= 0)
    return sample_rows(len(weight), max_rows, seed, np.flatnonzero(counts))


@dataclass(frozen=True)
class _Judged:
    """The rows that judge."""

    encoded: Encoded
    loss: RowLoss
    members: Rows | None

    @classmethod
    def of(
        cls,
        model: Model,
        table: pa.Table,
        fold: NDArray[np.integer] | None,
        weight: NDArray[np.floating] | None,
        max_rows: int,
        seed: int,
    ) -> _Judged:
        y = model.target.encode(table)
        every = _weights(model, table, weight)
        fold = None if fold is None else _check_fold(fold, model, len(y))
        rows = _sample(every, fold, max_rows, seed)
        if not len(rows):
            raise DataError(
                "No row is left to judge: there is none of a weight above 0 that a member has not learned from."
                if len(y)
                else "The table has 0 rows; there is nothing to measure."
            )
        encoded = model.encode(table)
        if fold is None:
            warn_of_seen(encoded, model.sketch, model.judges)
        encoded = take(encoded, rows)
        return cls(encoded, RowLoss.of(model, y[rows], every[rows]), None if fold is None else fold[rows])


def _check_fold(fold: NDArray[np.integer], model: Model, n_rows: int) -> Rows:
    fold = np.asarray(fold)
    members = len(model.net.stacks[0])
    if fold.shape != (n_rows,) or fold.dtype.kind not in "iu":
        raise DataError(
            f"fold must hold one whole number for each of {n_rows} rows; got {fold.dtype} {fold.shape}."
        )
    if n_rows and not -1 <= fold.min() <= fold.max() < members:
        raise DataError(
            f"fold must be from -1 to {members - 1}, a member of the model; got {fold.min()} to {fold.max()}."
        )
    return fold.astype(np.int64)


def _losses(
    judged: _Judged, model: Model, orders: NDArray[np.int64], spans: list[Span]
) -> Iterator[NDArray[np.float64]]:
    """The losses of rows as they are, (1, rows, d), then those of each column's shuffles, (repeats, rows, d)."""
    every = np.tile(np.arange(orders.shape[1]), len(orders))

    def blocks() -> Iterator[Encoded]:
        yield judged.encoded
        for span in spans:
            block = take(judged.encoded, every)
            put(block, span, judged.encoded, orders.ravel())
            yield block

    for outcome in outcomes(model, blocks(), judged.members):
        by_repeat = outcome.reshape(-1, orders.shape[1], outcome.shape[1])
        yield np.stack([judged.loss.of_rows(of_rows) for of_rows in by_repeat])


def _importance(
    name: str,
    loss: RowLoss,
    first: NDArray[np.float64],
    shuffled: NDArray[np.float64],
    unit: NDArray[np.float64],
) -> Importance:
    rises = ((shuffled.mean(0) - first) / unit).mean(1)  # (rows,)
    share = loss.weight / loss.weight.sum()
    mean = float(share @ rises)
    n_rows = len(rises)
    spread = np.sqrt(np.square(share * (rises - mean)).sum() * n_rows / max(1, n_rows - 1))
    metric = float((loss.figure(shuffled) - loss.figure(first)).mean())
    return Importance(name, mean, float(spread), metric)

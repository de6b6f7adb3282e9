"""Permutation importance: the rise of the loss when a column is shuffled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError, check_at_least
from netable.explanation.cells import Rows, put, sample_rows
from netable.explanation.loss import RowLoss
from netable.explanation.outcomes import outcomes
from netable.model.model import Model
from netable.model.row_sketch import hash_rows, warn_of_seen
from netable.system.brief import brief
from netable.system.notebook import table as html_table
from netable.table.encode import Encoded
from netable.table.target_values import labelled
from netable.table.weights import row_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REPEATS = 5
# The largest number of rows that importance is measured on.
JUDGED_ROWS = 1000
# Columns in a plot.
COLUMNS_DRAWN = 15


@dataclass(frozen=True)
class Importance:
    """The importance of a column.

    Attributes
    ----------
    name : str
        A column of the table.
    mean : float
        The rise of the loss when the column is shuffled: log loss for classes; for regression the model's loss relative
        to the best constant's, so that for mse it is the rise of squared errors over the target's variance.
    deviation : float
        The standard error of `mean` over rows and shuffles.
    metric : float
        The rise of the main metric, such as the RMSE in the target's units.
    """

    name: str
    mean: float
    deviation: float
    metric: float


class Importances(list[Importance]):
    """The importance of columns, the most important first, which a notebook shows as a table."""

    __repr__ = brief

    def _repr_html_(self) -> str:
        rows = [(each.name, each.mean, each.deviation, each.metric) for each in self]
        return html_table(["column", "rise of the loss", "standard error", "rise of the metric"], rows)

    def plot(self, ax: Axes | None = None, *, most: int = COLUMNS_DRAWN) -> Axes:
        """Draw the most important columns as bars; their lines are two standard errors on either side.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        most : int
            Columns to draw.
        """
        from netable.pages.plots import axes_or_new, draw_bars, name_axes

        ax, top = axes_or_new(ax), self[:most]
        draw_bars(
            ax, [each.name for each in top], [each.mean for each in top], [2 * each.deviation for each in top]
        )
        name_axes(ax, "rise of the loss")
        return ax


def permutation_importance(
    model: Model,
    table: pa.Table,
    *,
    fold: NDArray[np.integer] | None = None,
    weight: NDArray[np.floating] | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
    max_rows: int = JUDGED_ROWS,
    columns: Collection[str] | None = None,
) -> Importances:
    """The rise of the loss when a column of the table is shuffled, the most important first.

    Breiman (2001); Fisher, Rudin & Dominici (2019, arXiv:1801.01489). All encoded values of a column (the numbers of a
    date, for example) are shuffled together. Every column is shuffled by the same permutations. Columns with the same
    information may each seem unimportant, because the other one remains.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical, with the target. Without `fold`, rows without one are left out if they were left out in training.
    fold : (rows,), optional
        The member of each stack that was not trained on the row, as in `LearnedFrom.unseen_by`: only that member
        predicts the row, and rows of -1 are left out. By default all members predict every row, which overstates
        importance on training rows.
    weight : (rows,), optional
        The weight of each row; as in `Model.evaluate`, from the model's weight column if the table has it.
    repeats : int
        Shuffles of each column.
    max_rows : int
        Rows to measure on, a sample of them if there are more.
    columns : collection of str, optional
        The columns to measure; all that the networks use by default.

    Raises
    ------
    UserError
        If the table lacks a column or the target, or no row is left.

    Warns
    -----
    DataWarning
        Without `fold`, if many of the rows equal training rows.
    """
    check_at_least("repeats", repeats, 1, integer=True)
    if fold is None:
        table, weight = labelled(table, model.recipe, weight)
    y, weights = model.target.encode(table), row_weights(table, model.recipe.weight_column, weight)
    fold = None if fold is None else _check_fold(fold, model, len(y))
    rows = _sample(weights, fold, max_rows, seed)
    if not len(rows):
        raise DataError(
            "No row is left to judge: there is none of a weight above 0 that a member has not learned from."
            if len(y)
            else "The table has 0 rows; there is nothing to measure."
        )
    encoded = model.encode(table)
    if fold is None:
        warn_of_seen(hash_rows(encoded), model.sketch, model.judges)
    rng = np.random.default_rng([seed, 1])
    orders = np.stack([rng.permutation(len(rows)) for _ in range(repeats)])
    loss = RowLoss(model.task, model.recipe.loss, model.objective.quantile, y[rows], weights[rows])
    unit, members = loss.constant_loss(), None if fold is None else fold[rows]
    spans = {name: s for name, s in model.encoder.spans.items() if columns is None or name in columns}
    shuffled = _outcomes(model, encoded.take(rows), members, orders, spans.values())
    first = next(shuffled)[0]
    importances = [
        _importance(name, loss, first, outcome, unit) for name, outcome in zip(spans, shuffled, strict=True)
    ]
    return Importances(sorted(importances, key=lambda importance: -importance.mean))


def judging_rows(model: Model, table: pa.Table, *, seed: int = 0, max_rows: int = JUDGED_ROWS) -> Rows:
    """The rows that `permutation_importance` measures on without `fold`: positions from 0, (rows,).

    Raises
    ------
    DataError
        If the weights of the table are invalid.
    """
    return _sample(row_weights(table, model.recipe.weight_column), None, max_rows, seed)


def _sample(weight: NDArray[np.float64], fold: Rows | None, max_rows: int, seed: int) -> Rows:
    counts = weight > 0 if fold is None else (weight > 0) & (fold >= 0)
    return sample_rows(len(weight), max_rows, seed, np.flatnonzero(counts))


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


def _outcomes(
    model: Model,
    encoded: Encoded,
    members: Rows | None,
    orders: NDArray[np.int64],
    spans: Iterable[tuple[slice, slice]],
) -> Iterator[NDArray[np.float64]]:
    """The outcome of rows as they are, (1, rows, d), then with each column shuffled, (repeats, rows, d)."""
    every = np.tile(np.arange(orders.shape[1]), len(orders))

    def blocks() -> Iterator[Encoded]:
        yield encoded
        for span in spans:
            block = encoded.take(every)
            put(block, span, encoded, orders.ravel())
            yield block

    for outcome in outcomes(model, blocks(), members):
        yield outcome.reshape(-1, orders.shape[1], outcome.shape[1])


def _importance(
    name: str,
    loss: RowLoss,
    first: NDArray[np.float64],
    shuffled: NDArray[np.float64],
    unit: NDArray[np.float64],
) -> Importance:
    """The importance of a column from outcomes (rows, d), and (repeats, rows, d) with the column shuffled."""
    losses = np.mean([loss.of_rows(outcome) for outcome in shuffled], axis=0)
    rises = ((losses - loss.of_rows(first)) / unit).mean(1)  # (rows,)
    share = loss.weight / loss.weight.sum()
    mean = float(share @ rises)
    n_rows = len(rises)
    spread = np.sqrt(np.square(share * (rises - mean)).sum() * n_rows / max(1, n_rows - 1))
    metric = np.mean([loss.metric(outcome) for outcome in shuffled]) - loss.metric(first)
    return Importance(name, mean, float(spread), float(metric))

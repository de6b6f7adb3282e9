"""Shapley values: the contribution of each column to the prediction of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice, product
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError
from netable.explanation.cells import Rows, sample_rows
from netable.explanation.importance import COLUMNS_DRAWN
from netable.explanation.outcomes import outcomes
from netable.model.model import Model
from netable.system.brief import brief
from netable.system.notebook import fragment, table
from netable.system.wording import cell
from netable.table.encode import Encoded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
Masks = NDArray[np.bool_]
# From the sets of columns for a background row to the outcomes of each row, as in `_outcomes`.
OutcomesOf = Callable[[Callable[[int], Masks]], Iterator[Floats]]
# Up to this many columns, all sets of them are tried; with more, orders are sampled.
EXACT_COLUMNS = 6
# The least number of pairs of orders, split evenly among background rows.
PAIRS = 32
BACKGROUND_ROWS = 100
_ROWS_SHOWN = 3


@dataclass(frozen=True)
class Contributions:
    """Contributions of columns, from the mean prediction of the background to the prediction of each row.

    `base + values.sum(1)` is `outcome`, up to rounding: target values, or the probability of each class. They are in
    probabilities, not log-odds, because the model predicts the mean probability of its networks.

    Attributes
    ----------
    columns : tuple of str
        The columns that the model uses.
    outputs : tuple of str
        The targets, or the classes.
    base : (d_out or classes,)
        The mean prediction of the background rows.
    values : (rows, columns, d_out or classes)
    deviation : (rows, columns, d_out or classes)
        The standard error of `values` over background rows (and orders of columns).
    outcome : (rows, d_out or classes)
    """

    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    base: Floats
    values: Floats
    deviation: Floats
    outcome: Floats

    __repr__ = brief

    def _repr_html_(self) -> str:
        tables = []
        for row, (values, outcome) in enumerate(
            zip(self.values[:_ROWS_SHOWN], self.outcome, strict=False), 1
        ):
            lines = np.vstack([self.base, values, outcome]).tolist()
            names = ["base", *self.columns, "prediction"]
            rows = [(name, *line) for name, line in zip(names, lines, strict=True)]
            tables.append(table([f"row {row} of {len(self.values)}", *self.outputs], rows))
        return fragment("Contributions of columns to predictions", *tables)

    def plot(self, row: int = 0, output: int = -1, ax: Axes | None = None) -> Axes:
        """Draw the contributions to one prediction as bars, the greatest first, with two standard errors.

        Parameters
        ----------
        row : int
            The position of the row among those that were explained.
        output : int
            The position of the target or class; by default the last, so the second of two classes.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        """
        from netable.pages.plots import axes_or_new, draw_bars, name_axes

        ax, values = axes_or_new(ax), self.values[row, :, output]
        order = np.argsort(-np.abs(values), kind="stable")[:COLUMNS_DRAWN]
        draw_bars(ax, [self.columns[i] for i in order], values[order], 2 * self.deviation[row, order, output])
        base, outcome = (cell(float(of[output])) for of in (self.base, self.outcome[row]))
        name_axes(ax, f"contribution to {self.outputs[output]}", title=f"from {base} on average to {outcome}")
        return ax


def contributions(
    model: Model, rows: pa.Table, background: pa.Table, *, max_rows: int = BACKGROUND_ROWS, seed: int = 0
) -> Contributions:
    """Shapley values of the columns of each row, for the mean prediction over background rows.

    The cells of a background row are replaced by those of the row, column by column; the contribution of a column is
    the change of the prediction at its turn, averaged over orders and background rows (Shapley 1953; Štrumbelj &
    Kononenko 2014). With few columns all orders are used; otherwise pairs of an order and its reverse, which are exact
    for effects of up to two columns (Castro et al. 2009; Mitchell et al. 2022, arXiv:2104.12199). Each order leads
    from the background to the row, so contributions always add up.

    Parameters
    ----------
    rows : pyarrow.Table
        Canonical; the rows to explain.
    background : pyarrow.Table
        Canonical; the rows that predictions are compared with.
    max_rows : int
        The largest number of background rows; a sample if there are more.

    Raises
    ------
    UserError
        If a table lacks a column that the model needs, or the background has no rows.
    """
    if not background.num_rows:
        raise DataError("The background has 0 rows; there is nothing to compare with.")
    chosen = sample_rows(background.num_rows, max_rows, seed)
    others, explained = model.encode(background.take(chosen)), model.encode(rows)
    base, outcome = (next(outcomes(model, [part])) for part in (others, explained))
    names = tuple(model.encoder.spans)
    outcomes_of = partial(_outcomes, model, explained, others)
    if len(names) <= EXACT_COLUMNS:
        by_row = _exact(outcomes_of, len(names), base, outcome)
    else:
        orders = _pairs_of_orders(len(names), len(base), np.random.default_rng([seed, 2]))
        by_row = _sampled(outcomes_of, orders, base, outcome)
    values, deviation = np.empty((2, rows.num_rows, len(names), len(model.outputs)))
    for i, by_background in enumerate(by_row):  # (background rows, columns, d)
        n = len(by_background)
        values[i] = by_background.mean(0)
        deviation[i] = by_background.std(0, ddof=1) / np.sqrt(n) if n > 1 else 0.0
    return Contributions(names, model.outputs, base.mean(0), values, deviation, outcome)


def _outcomes(
    model: Model, rows: Encoded, background: Encoded, sets_of: Callable[[int], Masks]
) -> Iterator[Floats]:
    """The outcomes of each row to explain, with other columns from the background: (background rows, sets, d).

    Parameters
    ----------
    sets_of : callable
        The sets of columns that are taken from the row, for a background row: (sets, columns).
    """
    # The position of the column that each encoded number, and each code, comes from.
    places = [
        np.repeat(np.arange(len(spans)), [span.stop - span.start for span in spans])
        for spans in zip(*model.encoder.spans.values(), strict=True)
    ]
    n_rows, n_background = len(rows.numbers), len(background.numbers)

    def blocks() -> Iterator[Encoded]:
        # One background row at a time: all sets of a wide table would not fit into memory.
        for row, other in product(range(n_rows), range(n_background)):
            sets = sets_of(other)
            parts = zip(places, rows[:2], background[:2], strict=True)
            numbers, codes = (
                np.where(sets[:, place], ours[row], cells[other]) for place, ours, cells in parts
            )
            yield Encoded(numbers, codes)

    predicted = outcomes(model, blocks())
    for _ in range(n_rows):
        yield np.stack(list(islice(predicted, n_background)))


def _exact(outcomes_of: OutcomesOf, n_columns: int, base: Floats, outcome: Floats) -> Iterator[Floats]:
    """The contributions to each row over every background row: (background rows, columns, d)."""
    # All sets of columns, (sets, columns): the first is empty, the last has all.
    sets = (np.arange(2**n_columns)[:, None] >> np.arange(n_columns)) & 1 == 1
    size = sets.sum(1)
    # The weight of a set without the column is the share of orders in which exactly this set precedes the column.
    share = np.array([1 / (n_columns * comb(n_columns - 1, k)) for k in range(n_columns)])
    weight = np.where(sets, share[size - 1][:, None], -share[size.clip(max=n_columns - 1)][:, None])
    for i, predicted in enumerate(outcomes_of(lambda _: sets[1:-1])):
        last = np.broadcast_to(outcome[i], base.shape)
        values = np.concatenate([base[:, None], predicted, last[:, None]], 1)
        yield np.einsum("sc,bsd->bcd", weight, values)


def _pairs_of_orders(n_columns: int, n_background: int, rng: np.random.Generator) -> Rows:
    """Orders of the columns, (background rows, orders, columns), each followed by its reverse."""
    pairs = -(-PAIRS // n_background)
    orders = rng.permuted(np.tile(np.arange(n_columns), (n_background, pairs, 1)), axis=-1)
    return np.stack([orders, orders[..., ::-1]], 2).reshape(n_background, 2 * pairs, n_columns)


def _sampled(outcomes_of: OutcomesOf, orders: Rows, base: Floats, outcome: Floats) -> Iterator[Floats]:
    """As `_exact`, over some orders of the columns."""
    n_background, n_orders, n_columns = orders.shape
    turn = orders.argsort(-1)  # the position of each column in the order

    def sets_of(background_row: int) -> Masks:
        before = turn[background_row, :, None] < np.arange(1, n_columns)[:, None]
        return np.asarray(before.reshape(-1, n_columns))

    first = np.broadcast_to(base[:, None, None], (n_background, n_orders, 1, base.shape[1]))
    for i, predicted in enumerate(outcomes_of(sets_of)):
        values = predicted.reshape(n_background, n_orders, n_columns - 1, base.shape[1])
        steps = np.diff(np.concatenate([first, values, np.broadcast_to(outcome[i], first.shape)], 2), axis=2)
        yield np.take_along_axis(steps, turn[..., None], 2).mean(1)

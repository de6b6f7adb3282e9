"""Partial dependence of the prediction on a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.explanation.cells import Rows, Span, put, sample_rows
from netable.explanation.grid import Grid
from netable.explanation.outcomes import outcomes
from netable.model.model import Model
from netable.system.brief import brief
from netable.system.notebook import fragment, table
from netable.table.encode import Encoded
from netable.table.kinds import KINDS
from netable.table.kinds.column import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 20
# Rows that each value is tried in.
CURVE_ROWS = 500


@dataclass(frozen=True)
class Dependence:
    """The mean prediction at values of a column.

    Attributes
    ----------
    name, kind : str
        The column, and its kind: number, category, flag or date.
    values : list
        Quantiles from 2% to 98% of a number or date; the most frequent levels of a category or flag, with None for
        missing cells if there are any.
    outputs : tuple of str
        The targets, or the classes.
    outcome : (points, d_out or classes)
        Target values, or the probability of each class.
    curves : (rows, points, d_out or classes) or None
        The same for single rows, if requested.
    """

    name: str
    kind: str
    values: list[Value]
    outputs: tuple[str, ...]
    outcome: NDArray[np.float64]
    curves: NDArray[np.float64] | None = None

    __repr__ = brief

    def _repr_html_(self) -> str:
        rows = [(value, *means) for value, means in zip(self._names(), self.outcome.tolist(), strict=True)]
        return fragment(f"Mean prediction by {self.name}", table([self.name, *self.outputs], rows))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mean prediction by the values, a line or a row of points for each output.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        """
        from netable.pages.charts import in_legend, place_values
        from netable.pages.plots import axes_or_new, draw_legend, draw_points, name_axes

        ax = axes_or_new(ax)
        is_line = KINDS[self.kind].is_continuous
        places = place_values(ax, self.values) if is_line else []
        for output, means in zip(self.outputs, self.outcome.T, strict=True):
            if is_line:
                ax.plot(places, means, label=in_legend(output))
            else:
                draw_points(ax, self._names(), means, in_legend(output))
        names = (self.name, "mean prediction") if is_line else ("mean prediction", self.name)
        name_axes(ax, *names, title=self.outputs[0] if len(self.outputs) == 1 else "")
        if len(self.outputs) > 1:
            draw_legend(ax)
        return ax

    def _names(self) -> list[Value]:
        return ["missing" if value is None else value for value in self.values]


def partial_dependence(
    model: Model,
    table: pa.Table,
    column: str,
    *,
    points: int = POINTS,
    max_rows: int = CURVE_ROWS,
    curves: bool = False,
    seed: int = 0,
) -> Dependence:
    """The mean prediction if all rows had the same value in a column, for several values.

    Friedman (2001); for single rows Goldstein et al. (2015, arXiv:1309.6392). For correlated columns, some of these
    rows are unrealistic, and the network has to extrapolate.

    Parameters
    ----------
    table : pyarrow.Table
        Canonical; the target need not be there.
    points : int
        The largest number of values.
    max_rows : int
        Rows that each value is tried in, a sample of them if there are more.
    curves : bool
        Keep the curve of each row beside the mean.

    Raises
    ------
    UserError
        If the table lacks a column that the model needs, or the model does not use this one.
    """
    grid = Grid.of(model, table, column, points)
    encoded = model.encode(table)
    rows = sample_rows(table.num_rows, max_rows, seed)
    outcome = predict_with(model, encoded, rows, [model.encoder.spans[column]], [grid.rows])
    single = outcome.swapaxes(0, 1)
    return Dependence(
        column, grid.kind, grid.values, model.outputs, outcome.mean(1), single if curves else None
    )


def predict_with(
    model: Model, encoded: Encoded, rows: Rows, spans: Sequence[Span], sources: Sequence[Rows]
) -> NDArray[np.float64]:
    """The outcome of rows with some columns taken from other rows: (points, rows, d_out or classes).

    Parameters
    ----------
    spans : the columns
    sources : for each column (points,), the rows to take its cells from
    """
    base = encoded.take(rows)

    def blocks() -> Iterator[Encoded]:
        for taken in zip(*sources, strict=True):
            block = Encoded(base.numbers.copy(), base.codes.copy())
            for span, row in zip(spans, taken, strict=True):
                put(block, span, encoded, np.full(len(rows), row))
            yield block

    return np.stack(list(outcomes(model, blocks())))

"""Interaction of two columns: partial dependence on both, and Friedman's H."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError
from netable.explanation.cells import sample_rows
from netable.explanation.dependence import predict_with
from netable.explanation.grid import Grid
from netable.model.model import Model
from netable.system.brief import brief
from netable.system.notebook import fragment, paragraph, table
from netable.system.wording import cell, number
from netable.table.kinds.column import Value

POINTS = 10
# Rows that each pair of values is tried in.
GRID_ROWS = 100
# Relative changes of the outcome within the rounding of a float32 sum.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Interaction:
    """The mean prediction at pairs of values of two columns, and its deviation from a sum of two curves.

    Attributes
    ----------
    names, kinds : (str, str)
    values : (list, list)
        As in `Dependence`.
    outputs : tuple of str
        The targets, or the classes.
    outcome : (points of the first, points of the second, d_out or classes)
    strength : float
        Friedman's H: the root of the share of the pair's variance over rows that neither curve explains; 0 if the
        effects are additive, 1 if there is only interaction.
    size : float
        The standard deviation of the interaction in units of the outcome; small for a strong interaction of weak
        columns.
    """

    names: tuple[str, str]
    kinds: tuple[str, str]
    values: tuple[list[Value], list[Value]]
    outputs: tuple[str, ...]
    outcome: NDArray[np.float64]
    strength: float
    size: float

    __repr__ = brief

    def _repr_html_(self) -> str:
        shown = [["missing" if value is None else value for value in values] for values in self.values]
        rows = [
            (value, *means) for value, means in zip(shown[0], self.outcome[:, :, -1].tolist(), strict=True)
        ]
        return fragment(
            f"Interaction of {self.names[0]} and {self.names[1]}",
            paragraph(f"Strength (Friedman's H) {self.strength:.2f}, size {number(self.size)}."),
            paragraph(f"Mean prediction of {self.outputs[-1]}; columns are values of {self.names[1]}:"),
            table([self.names[0], *map(cell, shown[1])], rows),
        )


def interaction(
    model: Model,
    table: pa.Table,
    first: str,
    second: str,
    *,
    points: int = POINTS,
    max_rows: int = GRID_ROWS,
    seed: int = 0,
) -> Interaction:
    """The partial dependence on two columns at once, and Friedman's H statistic (Friedman & Popescu 2008, eq. 44).

    Parameters
    ----------
    table : pyarrow.Table
        Canonical; the target need not be there.
    points : int
        The largest number of values of each column.
    max_rows : int
        Rows that each pair of values is tried in, and at whose values the statistic is measured, a sample of them if
        there are more; the number of predictions grows with its square.

    Raises
    ------
    UserError
        If the table lacks a column that the model needs, or the model does not use these, or they are the same.
    """
    if first == second:
        raise DataError(f"An interaction takes two columns; got {first!r} twice.")
    grids = [Grid.of(model, table, name, points) for name in (first, second)]
    encoded = model.encode(table)
    rows = sample_rows(table.num_rows, max_rows, seed)
    spans = [model.encoder.spans[name] for name in (first, second)]
    pairs = np.meshgrid(grids[0].rows, grids[1].rows, indexing="ij")
    outcome = predict_with(model, encoded, rows, spans, [p.ravel() for p in pairs]).mean(1)
    both = predict_with(model, encoded, rows, spans, [rows, rows]).mean(1)
    single = [predict_with(model, encoded, rows, [span], [rows]).mean(1) for span in spans]
    together = _centered(both) - _centered(single[0]) - _centered(single[1])
    return Interaction(
        (first, second),
        (grids[0].kind, grids[1].kind),
        (grids[0].values, grids[1].values),
        model.outputs,
        outcome.reshape(*pairs[0].shape, -1),
        _strength(together, both, of_classes=model.task != "regression"),
        float(np.sqrt(np.square(together).mean())),
    )


def _centered(outcome: NDArray[np.float64]) -> NDArray[np.float64]:
    centered: NDArray[np.float64] = outcome - outcome.mean(0)
    return centered


def _strength(together: NDArray[np.float64], both: NDArray[np.float64], *, of_classes: bool) -> float:
    """Friedman's H. Variances of classes are added, because they share a unit; those of targets are not."""
    parts, wholes = np.square(together).sum(0), np.square(_centered(both)).sum(0)
    rounding = np.square(_ROUNDING * both).sum(0)
    if of_classes:
        parts, wholes, rounding = (part.sum(keepdims=True) for part in (parts, wholes, rounding))
    shares = np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes > rounding)
    return float(np.sqrt(min(1.0, shares.mean())))

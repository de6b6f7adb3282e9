"""Explain a model on a table: importance, dependence, interactions, contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError
from netable.explanation.dependence import Dependence, partial_dependence
from netable.explanation.importance import Importances, permutation_importance
from netable.explanation.interactions import Interaction, interaction
from netable.explanation.shapley import Contributions, contributions
from netable.model.model import Model
from netable.system.brief import brief
from netable.system.notebook import fragment, paragraph
from netable.system.wording import counted, listed, quoted

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def explain(model: Model, source: object = None) -> Explanation:
    """Explain which columns matter to a model, how, and what they add to a prediction.

    Parameters
    ----------
    source : path, query result, frame or array, optional
        Rows to explain the model on; only `importance` needs the target among them. If left out, right after `fit`:
        the rows that judged the model, each predicted by members that have not seen it.

    Raises
    ------
    UserError
        If the source cannot be read; or there is none, and the model was loaded from a file.
    """
    if source is not None:
        return Explanation(model, model.read(source, labelled=True))
    rows = model.learned_from
    if rows is None:
        raise DataError("A model keeps its rows only until it is saved; give it a table to explain.")
    # After a warm start no row counts as unseen: the initial weights may have been trained on any of them.
    is_unseen = (rows.unseen_by >= 0).any() and not np.isnan(rows.outcome).all()
    return Explanation(model, rows.judged, rows.unseen_by if is_unseen else None, rows.judged_rows.weight)


@dataclass(frozen=True)
class Explanation:
    """Explanations of a model on the rows of a table; each method takes the options of the function of its name.

    Attributes
    ----------
    model : Model
    table : pyarrow.Table
        Canonical.
    fold, weight : (rows,) or None
        As in `permutation_importance`.
    """

    model: Model
    table: pa.Table
    fold: NDArray[np.integer] | None = None
    weight: NDArray[np.floating] | None = None

    __repr__ = brief

    def _repr_html_(self) -> str:
        columns = quoted([column.name for column in self.model.schema.used], 12)
        return fragment(
            f"Explanation of predictions of {listed(self.model.target.names)}",
            paragraph(f"On {counted(self.table.num_rows, 'row')}, by the columns {columns}."),
            paragraph(
                "Ask for importance(), dependence(column), interaction(first, second) or contributions(rows)."
            ),
        )

    def plot(self, column: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw the importance of the columns, or, for one column, how predictions depend on it.

        Parameters
        ----------
        column : str, optional
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.

        Raises
        ------
        UserError
            As `importance` or `dependence`.
        """
        result = self.importance() if column is None else self.dependence(column)
        return result.plot(ax)

    def importance(self, **options: Any) -> Importances:
        """The importance of each column, the highest first; the table needs the target."""
        return permutation_importance(self.model, self.table, fold=self.fold, weight=self.weight, **options)

    def dependence(self, column: str, **options: Any) -> Dependence:
        """The mean prediction at values of a column."""
        return partial_dependence(self.model, self.table, column, **options)

    def interaction(self, first: str, second: str, **options: Any) -> Interaction:
        """The mean prediction at pairs of values of two columns, and the strength of their interaction."""
        return interaction(self.model, self.table, first, second, **options)

    def contributions(self, rows: Sequence[int] | None = None, **options: Any) -> Contributions:
        """The contributions of columns to the predictions of rows (positions from 0; all if None).

        Raises
        ------
        DataError
            If there is no such row.
        """
        n_rows = self.table.num_rows
        if rows is None:
            return contributions(self.model, self.table, self.table, **options)
        beyond = [row for row in rows if not 0 <= row < n_rows]
        if beyond:
            raise DataError(f"There is no row at position {beyond[0]}; there are {n_rows}, from 0.")
        return contributions(self.model, self.table.take(rows), self.table, **options)

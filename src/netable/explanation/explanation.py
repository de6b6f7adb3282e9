"""The door to this room: a model beside rows to explain it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.errors import DataError
from netable.explanation.dependence import Dependence, partial_dependence
from netable.explanation.importance import Importance, permutation_importance
from netable.explanation.interactions import Interaction, interaction
from netable.explanation.shapley import Contributions, contributions
from netable.model.model import Model


@dataclass(frozen=True)
class Explanation:
    """What a model does with the columns of a table; each method's options are those of the function of its name.

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

    @classmethod
    def of_training(cls, model: Model) -> Explanation:
        """On the rows that judged the model, each by the members that have not seen it.

        The whole model judges them where the networks that predict have learned from all rows: of tables of fewer than
        100 rows, in order of time (`time_column`), and after a warm start. Then importance flatters.

        Raises
        ------
        DataError
            If they are gone, as they are after a model was saved and loaded.
        """
        rows = model.learned_from
        if rows is None:
            raise DataError("A model keeps its rows only until it is saved; give it a table to explain.")
        # After a warm start nothing was judged: the weights that it began with may know every row.
        honest = (rows.unseen_by >= 0).any() and not np.isnan(rows.outcome).all()
        return cls(model, rows.judged, rows.unseen_by if honest else None, rows.judged_weight)

    @classmethod
    def of_source(cls, model: Model, source: object) -> Explanation:
        """On the rows of whatever `read` takes; the target need be there only for importance.

        Raises
        ------
        UserError
            If it cannot be read.
        """
        return cls(model, model.read(source, labelled=True))

    def importance(self, **options: Any) -> list[Importance]:
        """How much each column matters, the most important first; the table needs the target."""
        return permutation_importance(self.model, self.table, fold=self.fold, weight=self.weight, **options)

    def dependence(self, column: str, **options: Any) -> Dependence:
        """How the prediction depends on a column."""
        return partial_dependence(self.model, self.table, column, **options)

    def interaction(self, first: str, second: str, **options: Any) -> Interaction:
        """Whether two columns act together."""
        return interaction(self.model, self.table, first, second, **options)

    def contributions(self, rows: Sequence[int] | None = None, **options: Any) -> Contributions:
        """What columns add to the predictions of rows (positions from 0; all if None), beside the whole table.

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

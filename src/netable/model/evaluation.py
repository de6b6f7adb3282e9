"""What is measured on labelled rows, gathered from the pieces of a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.recipe import Recipe
from netable.errors import DataError
from netable.model.beyond import notable_shares, shares_beyond
from netable.model.prediction import warn_of_cells
from netable.model.row_sketch import RowSketch, hash_rows
from netable.table.encode import Encoded, Encoder
from netable.table.target import Target
from netable.table.weights import row_weights

Floats = NDArray[np.float64]


class Evaluation:
    """The targets and predictions of rows, and counts of what training did not have.

    Parameters
    ----------
    target, recipe, encoder, groups
        As of `netable.model.model.Model`.
    """

    def __init__(self, target: Target, recipe: Recipe, encoder: Encoder, groups: RowSketch) -> None:
        self._target, self._recipe, self._encoder, self._groups = target, recipe, encoder, groups
        self._parts: list[tuple[NDArray[Any], Floats, NDArray[np.uint64]]] = []
        self._beside: list[pa.Table] = []
        self._unseen, self._far_out = Counter[str](), Counter[str]()
        self._beyond: defaultdict[str, float] = defaultdict(float)
        self.rows = 0

    def add(self, table: pa.Table, encoded: Encoded, outcome: Floats) -> None:
        """The next piece, all rows of which have a target; with its predictions."""
        if not table.num_rows:
            return
        self._parts.append((self._target.encode(table), outcome, hash_rows(encoded)))
        beside = {*self._target.names, self._recipe.weight_column}
        self._beside.append(table.select([name for name in table.column_names if name in beside]))
        self.rows += table.num_rows
        self._unseen.update(encoded.unseen)
        self._far_out.update(encoded.far_out)
        shares = shares_beyond(table, encoded, self._encoder, self._recipe, self._groups)
        for name, share in shares.items():
            self._beyond[name] += share * table.num_rows

    def gathered(
        self, weight: NDArray[np.floating] | None
    ) -> tuple[NDArray[Any], Floats, Floats, NDArray[np.uint64]]:
        """Targets, predictions, weights (those given, or of the weight column), and hashes of all rows.

        Warns
        -----
        DataWarning
            Of levels and ranges that training did not have.
        """
        if not self.rows:
            raise DataError("The table has 0 rows; there is nothing to measure.")
        warn_of_cells(self._unseen, self._far_out)
        y, outcome, hashes = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        weights = row_weights(pa.concat_tables(self._beside), self._recipe.weight_column, weight)
        return y, outcome, weights, hashes

    def beyond(self) -> dict[str, float]:
        """The share of rows beyond those of training, by column; see `notable_shares`."""
        shares = {name: count / self.rows for name, count in self._beyond.items()}
        return notable_shares(shares, self._encoder, self._recipe)

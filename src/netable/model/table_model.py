"""What a model knows of its table, whatever computes its predictions; without torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from netable.config.reading import ReadOptions
from netable.config.recipe import Recipe
from netable.model.guard.guard import Guard
from netable.model.guard.reference import Reference
from netable.model.intervals import Intervals
from netable.table.direct import DirectEncoder
from netable.table.encode import Encoded, Encoder
from netable.table.reading.base.frames import is_row_of
from netable.table.reading.read import read
from netable.table.schema import Schema
from netable.table.target import Target


class EncodedRows(Protocol):
    """Rows as a model predicts them."""

    def take(self, rows: slice) -> Self:
        """Some of the rows."""
        ...


class TableModel:
    """A model as those need it who read rows for it and show its predictions.

    Attributes
    ----------
    recipe, target, schema, encoder, intervals, reference
        As of `netable.model.model.Model`.
    is_exported : bool
        It has predictions alone: neither networks to explain nor a record of training.
    """

    recipe: Recipe
    target: Target
    schema: Schema
    encoder: Encoder
    intervals: Intervals
    reference: Reference | None
    is_exported: ClassVar[bool] = False
    _direct_encoder: DirectEncoder | None = None

    @property
    def task(self) -> str:
        """regression, binary or multiclass."""
        return self.target.task

    @property
    def labels(self) -> NDArray[Any]:
        """The classes, in the order of the probabilities."""
        return self.target.decode(np.arange(len(self.target.labels)))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the columns of an outcome: the targets of a regression, or the classes."""
        return self.target.names if self.task == "regression" else tuple(map(str, self.target.labels))

    @property
    def columns_beside(self) -> tuple[str, ...]:
        """Columns of the training table that are no features: targets, weights, groups, times."""
        recipe = self.recipe
        of_rows = (recipe.weight_column, recipe.group_column, recipe.time_column)
        return (*self.target.names, *filter(None, of_rows))

    @property
    def columns_used(self) -> frozenset[str]:
        """Columns whose cells matter for measuring and showing the model; for predicting, its schema's do."""
        return frozenset({*self.columns_beside, *(column.name for column in self.schema.columns)})

    @property
    def read_options(self) -> ReadOptions:
        """How files are read, as in training."""
        return ReadOptions(**self.recipe.learned_options)

    def read(
        self,
        source: Any,
        *,
        options: ReadOptions | None = None,
        labelled: bool = False,
        used: Collection[str] | None = None,
    ) -> pa.Table:
        """A canonical table, its columns (with `labelled` also the target) cast as they were in training.

        Cells of columns that are not among the `used` ones may be missing; see `netable.table.reading.read.read`.
        """
        storage = self.schema.storage | (self.target.storage if labelled else {})
        if is_row_of(source, self.schema.storage):
            source = dict(source)
        return read(source, options=options or self.read_options, storage=storage, used=used)

    def encode_by(self, source: object, dtype: DTypeLike) -> Encoded:
        """A source as numbers, in a precision, and codes; a `pyarrow.Table` is canonical."""
        encoded = None if isinstance(source, pa.Table) else self._direct.encode(source, dtype)
        if encoded is not None:
            return encoded
        table = source if isinstance(source, pa.Table) else self.read(source, used=self.schema.storage)
        columns = self.schema.select(table, known_extra=self.columns_beside)
        return self.encoder.encode(columns, dtype)

    @property
    def _direct(self) -> DirectEncoder:
        """Made anew for another encoder, as learning from further rows gives one."""
        if self._direct_encoder is None or self._direct_encoder.encoder is not self.encoder:
            missing = self.read_options.missing
            self._direct_encoder = DirectEncoder(self.encoder, self.columns_beside, missing)
        return self._direct_encoder

    @abstractmethod
    def encode(self, source: object, *, warns: bool = True) -> EncodedRows:
        """A source as `outcome_of` takes it; `warns` tells what training did not have."""

    @abstractmethod
    def outcome_of(self, encoded: Any) -> NDArray[np.float64]:
        """Target values or class probabilities of encoded rows: (rows, d_out or classes)."""

    @abstractmethod
    def guard_of(self, encoded: Any) -> Guard | None:
        """How encoded rows differ from those of training; None if the model cannot tell."""

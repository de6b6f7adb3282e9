"""The inputs of an exported model: one for each used column, of one of three types."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.exports import ExportSettings
from netable.table.canonical.casts import convert
from netable.table.kinds.column import Column
from netable.table.schema import Schema

NUMBER, DATE, TEXT = "number", "date", "text"
# A missing date, as NumPy writes it.
NO_DATE = np.iinfo(np.int64).min
OUTPUTS = ("prediction", "probabilities", "lower", "upper")
_TYPES = {"number": NUMBER, "boolean": NUMBER, "timestamp": DATE, "text": TEXT, "category": TEXT}


class Input(NamedTuple):
    """An input of an exported model.

    Attributes
    ----------
    name : str
        That of the column, unless an output has it.
    column : Column
    type : {"number", "date", "text"}
    dtype : str
        Of its array: float64, float32, int64 or str.
    """

    name: str
    column: Column
    type: str
    dtype: str

    def feed(self, data: pa.ChunkedArray) -> NDArray[Any]:
        """The values of a canonical column as the input takes them: (rows, 1)."""
        name = self.column.name
        if self.type == TEXT:
            texts = convert(data, "text", name).fill_null("")
            return np.array(texts.to_pylist(), dtype=object)[:, None]
        if self.type == NUMBER:
            selected = self.column.select(data) if self.column.is_raw else convert(data, "number", name)
            with np.errstate(over="ignore"):
                numbers: NDArray[Any] = selected.to_numpy().astype(self.dtype)[:, None]
            return numbers
        moments = convert(data, "timestamp", name)
        if self.dtype == "str":
            return np.array([_iso(moment) for moment in moments.to_numpy()], dtype=object)[:, None]
        microseconds: NDArray[Any] = moments.cast(pa.int64()).fill_null(NO_DATE).to_numpy()[:, None]
        return microseconds

    def as_taken(self, data: pa.ChunkedArray) -> pa.ChunkedArray:
        """The canonical column as its input can take it: numbers with 32 bits, if it is of these."""
        if self.dtype != "float32" or not self.column.is_raw:
            return data
        selected, largest = self.column.select(data), np.finfo(np.float32).max
        rounded = selected.to_numpy().clip(-largest, largest).astype(np.float32).astype(np.float64)
        numbers = pa.chunked_array([pa.array(rounded, from_pandas=True)])
        return convert(numbers, "text", self.name) if self.column.storage in ("text", "category") else numbers

    def to_dict(self) -> dict[str, str]:
        """Plain values, ready for JSON."""
        column = self.column
        described = {"name": self.name, "column": column.name, "kind": column.kind, "type": self.dtype}
        return described | ({"form": column.form} if column.form else {})


def inputs_of(schema: Schema, settings: ExportSettings) -> tuple[Input, ...]:
    """The inputs for the used columns, in their order."""
    taken = {*OUTPUTS, *(column.name for column in schema.used)}
    made = []
    for column in schema.used:
        name = column.name
        if name in OUTPUTS:
            while name in taken:
                name += "_"
            taken.add(name)
        type_ = _TYPES[column.storage if column.selected_as == "text" else column.selected_as]
        dates = "str" if settings.dates == "iso" else settings.dates
        dtype = {NUMBER: settings.numbers, DATE: dates, TEXT: "str"}
        made.append(Input(name, column, type_, dtype[type_]))
    return tuple(made)


def _iso(moment: np.datetime64) -> str:
    return "" if np.isnat(moment) else str(moment)

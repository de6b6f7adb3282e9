"""Flags: columns of two values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import ConfigError, SchemaError
from netable.table.canonical.messages import name_list
from netable.table.kinds.column import Cell, Column, ColumnValues, Value, plain_number

_PAIRS = {
    frozenset(pair): pair
    for pair in (("no", "yes"), ("n", "y"), ("f", "t"), ("false", "true"), ("off", "on"))
}

_BOOLEANS = {None: np.nan, False: 0.0, True: 1.0}
_BOOLEAN_TYPES = (bool, np.bool_, type(None))  # other values may equal these


@dataclass(frozen=True)
class Flag(Column):
    """One of two values, encoded as 0 or 1.

    Parameters
    ----------
    levels : tuple of str
        The two texts, false then true, in lower case; empty if the values are booleans, or 0 and 1.
    """

    kind = "flag"
    because = "two values"

    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        are_texts = isinstance(self.levels, tuple) and all(isinstance(level, str) for level in self.levels)
        if not are_texts or len(set(self.levels)) not in (0, 2):
            raise ConfigError(f"A flag has two texts as levels, or none; {self.name!r} has {self.levels!r}.")

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        """Booleans, the numbers 0 and 1, or a pair such as yes and no."""
        is_pair = values.holds_text and frozenset(values.lower) in _PAIRS
        are_zero_one = values.storage == "number" and not values.is_single and _are_zero_one(values.data)
        return cls.chosen(values) if values.storage == "boolean" or is_pair or are_zero_one else None

    @classmethod
    def chosen(cls, values: ColumnValues) -> Flag:
        """Any two values."""
        are_zero_one = values.storage == "number" and _are_zero_one(values.data)
        if values.storage == "boolean" or are_zero_one:
            return cls(values.name, values.storage)
        texts = sorted(values.lower)
        if len(texts) != 2:
            raise SchemaError(
                f"Column {values.name!r} cannot be a flag: a flag has two values; "
                f"it has {len(texts)}{': ' if texts else ''}{name_list(texts)}."
            )
        return cls(values.name, values.storage, levels=_PAIRS.get(frozenset(texts), (texts[0], texts[1])))

    @property
    def selected_as(self) -> str:
        """Texts if the levels are texts, else numbers."""
        return "text" if self.levels else "number"

    def numbers(self, selected: pa.ChunkedArray) -> list[np.ndarray]:
        """0 or 1."""
        if self.levels:
            places = pc.index_in(self.folded(selected), value_set=pa.array(self.levels))
            selected = places.cast(pa.float64())
        return [selected.to_numpy()]

    def cell(self, levels: tuple[str, ...], missing: frozenset[str]) -> Cell | None:
        """Numbers, booleans, or the levels in any case."""
        if self.storage == "number":
            return plain_number
        if self.storage == "boolean":
            return lambda value: _BOOLEANS.get(value) if type(value) in _BOOLEAN_TYPES else None
        places = {level: float(place) for place, level in enumerate(self.levels)}

        def place_of(value: Any) -> float | None:
            if type(value) is str and value not in missing:
                return places.get(value.lower())
            return np.nan if value is None or (type(value) is float and value != value) else None

        return place_of

    def seen_as(self, levels: tuple[str, ...]) -> str:
        """0 or 1."""
        return "0 or 1"

    @property
    def known_texts(self) -> tuple[str, ...]:
        """The levels."""
        return self.levels

    def folded(self, selected: pa.ChunkedArray) -> pa.ChunkedArray:
        """Texts in lower case."""
        return pc.utf8_lower(selected) if self.levels else selected

    def value(self, value: float | str) -> Value:
        """A level, a boolean or a number, as in the table."""
        if isinstance(value, str):
            return value.lower()
        return bool(value) if self.storage == "boolean" else float(value)


def _are_zero_one(data: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.or_(pc.equal(data, 0.0), pc.equal(data, 1.0))).as_py())

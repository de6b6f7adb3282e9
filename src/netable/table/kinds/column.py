"""A column of the training table: the base class of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import ConfigError, DataError, check_choice
from netable.table.canonical.casts import convert
from netable.table.canonical.forms import check_form, unit_of
from netable.table.canonical.messages import row_list
from netable.table.canonical.storage import STORAGES, storage_of

Value = float | str | bool | date | datetime | None
# Encodes a Python value: NaN and code 0 are missing values; None is one that is not plain.
Cell = Callable[[Any], float | None]
# Model files hold these for every column, whatever its kind.
_IN_EVERY_FILE: dict[str, Any] = {"levels": [], "has_time": False}


class ColumnValues:
    """The values that a kind is inferred from.

    Parameters
    ----------
    name : str
        The column's name.
    data : pyarrow.ChunkedArray
        Its values, of one of the five storage types.
    """

    def __init__(self, name: str, data: pa.ChunkedArray) -> None:
        self.name, self.data = name, data
        self.storage = storage_of(data, name)
        self.holds_text = self.storage in ("text", "category")
        self.n_missing: int = data.null_count
        self.n_present: int = len(data) - self.n_missing

    @cached_property
    def distinct(self) -> pa.Array:
        """The distinct values as texts, without missing ones."""
        return pc.unique(convert(self.data, "text", self.name)).drop_null()

    @cached_property
    def lower(self) -> list[str]:
        """The distinct texts in lower case."""
        texts: list[str] = pc.unique(pc.utf8_lower(self.distinct)).to_pylist()
        return texts

    @property
    def are_sentences(self) -> bool:
        """The distinct texts have three words or more on average."""
        return bool(pc.mean(pc.count_substring_regex(self.distinct, r"\S+")).as_py() >= 3)

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """The least and the greatest value, of timestamps in microseconds."""
        is_timestamp = self.storage == "timestamp"
        bounds = pc.min_max(self.data.cast(pa.int64()) if is_timestamp else self.data).as_py()
        return bounds["min"], bounds["max"]

    @cached_property
    def is_single(self) -> bool:
        """All present values are equal."""
        if self.holds_text:
            return len(self.distinct) == 1
        least, greatest = self.extremes
        return least == greatest


@dataclass(frozen=True)
class Column:
    """A column; a subclass for each kind.

    A subclass sets `kind` and overrides what differs from a single number. Columns of a kind that is not trainable
    have a reason to be left out.

    Parameters
    ----------
    name : str
        As in the table.
    storage : str
        A key of `netable.table.canonical.storage.STORAGES`.
    reason : str
        Why the column is left out; empty if the network uses it.
    form : str
        The notation of its texts, see `netable.table.canonical.forms`; empty if plain.

    Attributes
    ----------
    kind : str
        The name of the kind.
    because : str
        What the values of the kind have in common; of a kind that is left out, the reason says it.
    inferred_from : tuple of str
        Storages that are of this kind unless a more particular kind fits.
    selected_as : str
        The storage that `select` converts to.
    trainable : bool
        The network can use columns of this kind.
    is_raw : bool
        The encoded number is the number in the table.
    is_continuous : bool
        Values lie on a scale, so that quantiles have a meaning.
    has_code : bool
        Values are encoded as a code into a dictionary of levels.

    Raises
    ------
    ConfigError
        If a value is not possible for a column.
    """

    kind: ClassVar[str]
    because: ClassVar[str] = ""
    inferred_from: ClassVar[tuple[str, ...]] = ()
    trainable: ClassVar[bool] = True
    is_raw: ClassVar[bool] = False
    is_continuous: ClassVar[bool] = False
    has_code: ClassVar[bool] = False

    name: str
    storage: str
    reason: str = ""
    form: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not isinstance(self.reason, str):
            raise ConfigError(f"The name and the reason of a column must be texts; got {self.name!r}.")
        check_choice(f"The storage of {self.name!r}", self.storage, tuple(STORAGES))
        check_form(self.form, self.storage)
        if self.used and not self.trainable:
            raise ConfigError(f"The column {self.name!r} is a {self.kind}; it needs a reason to be left out.")

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        """The column if its values are of this kind, else None."""
        return cls.chosen(values) if values.storage in cls.inferred_from else None

    @classmethod
    def chosen(cls, values: ColumnValues) -> Self:
        """The column if the table's owner chose this kind.

        Raises
        ------
        DataError, SchemaError
            If the values cannot be of this kind.
        """
        column = cls(values.name, values.storage, "" if cls.trainable else f"set to {cls.kind}")
        if column.used and column.selected_as != "text":
            convert(values.data, column.selected_as, values.name)
        return column

    @property
    def setting(self) -> str:
        """The kind, with the form of dates that were read by one, as `kinds` sets it."""
        form = unit_of(self.form)[1] if self.storage == "timestamp" else ""
        return f"{self.kind}:{form}" if form and self.kind == "date" else self.kind

    @property
    def used(self) -> bool:
        """The network sees the column."""
        return not self.reason

    @property
    def selected_as(self) -> str:
        """The storage that `select` converts to."""
        return "number"

    def select(self, data: pa.ChunkedArray) -> pa.ChunkedArray:
        """Convert and check the values of any table.

        Raises
        ------
        DataError
            If a value does not fit, or a number is infinite.
        """
        data = convert(data, self.selected_as, self.name)
        if self.selected_as == "number":
            infinite = np.isinf(data.to_numpy())  # for a few rows, calls of Arrow take most of the time
            if infinite.any():
                raise DataError(
                    f"Column {self.name!r} is infinite in {infinite.sum()} of {len(infinite)} rows: "
                    f"{row_list(infinite)}; leave the cells empty or give finite numbers."
                )
        return data

    def oddity(self, selected: pa.ChunkedArray, *, is_chosen: bool) -> str:
        """A warning about selected training values, with {} for the column's name, or ""."""
        return ""

    @property
    def number_names(self) -> list[str]:
        """The names of the encoded numbers."""
        return [] if self.has_code else [self.name]

    def numbers(self, selected: pa.ChunkedArray) -> list[np.ndarray]:
        """The encoded numbers, each float64 (rows,), NaN where missing or unknown."""
        return [] if self.has_code else [selected.to_numpy()]

    def learn_levels(self, selected: pa.ChunkedArray) -> tuple[tuple[str, ...], int]:
        """The levels of a column with a code, from selected training values, and the codes that a cell has."""
        return (), 0

    def codes(self, selected: pa.ChunkedArray, levels: tuple[str, ...], width: int) -> np.ndarray:
        """The codes of a column with a code, integers (rows, width): 0 for missing, 1 for unknown, then the levels."""
        raise NotImplementedError

    def cell(self, levels: tuple[str, ...], missing: frozenset[str]) -> Cell | None:
        """A function that encodes plain Python values as `select`, and then `numbers` or `codes`, do; None without one.

        Parameters
        ----------
        levels : tuple of str
            Those of a column with a code.
        missing : frozenset of str
            Texts that are missing values.
        """
        return None

    def seen_as(self, levels: tuple[str, ...]) -> str:
        """A description of the encoding; `levels` are those of a column with a code."""
        raise NotImplementedError

    @property
    def known_texts(self) -> tuple[str, ...]:
        """The only texts that the column can hold, if the kind fixes them."""
        return ()

    def folded(self, selected: pa.ChunkedArray) -> pa.ChunkedArray:
        """The selected values, those with the same meaning made equal."""
        return selected

    def value(self, value: Any) -> Value:
        """A selected value, not missing, as in the table."""
        return value  # type: ignore[no-any-return]

    def positions(self, data: pa.ChunkedArray) -> np.ndarray:
        """The places of a continuous column's values on their scale, float64 (rows,), NaN where missing."""
        places: np.ndarray = convert(data, "number", self.name).to_numpy()
        return places

    def value_at(self, position: float) -> float | str:
        """The value at a place of `positions`."""
        return position

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        plain = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}
        return {"kind": self.kind, **_IN_EVERY_FILE, **plain}


# Integers from here on may not be numbers exactly.
_EXACT = 2.0**53


def plain_number(value: Any) -> float | None:
    """A Python value as a number, NaN if it is missing; None if it is not plainly one."""
    kind = type(value)
    if kind is float or kind is int or kind is np.float64 or kind is np.int64:
        return float(value) if -_EXACT < value < _EXACT or value != value else None
    return np.nan if value is None else None

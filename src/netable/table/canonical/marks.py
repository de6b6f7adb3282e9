"""Marks on columns of a canonical table, in the metadata of their fields: few cells of another kind, unusable types."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from netable.errors import DataError, DataTypeError
from netable.table.canonical.storage import storage_of

MIXTURE_KEY, UNUSABLE_KEY, VALUE_KEY = b"netable.mixture", b"netable.unusable", b"netable.value"


class Mixture(NamedTuple):
    """The cells that are no numbers in a column in which most are: how many of how many, and examples."""

    n_others: int
    n_cells: int
    examples: str

    @property
    def is_handful(self) -> bool:
        """So few cells are more likely slips, or words for a missing value, than values of a category."""
        return self.n_others <= min(max(3, 0.01 * self.n_cells), 0.1 * self.n_cells)

    @property
    def mark(self) -> dict[bytes, str]:
        """The metadata of a field."""
        return {MIXTURE_KEY: json.dumps(self)}

    def __str__(self) -> str:
        return f"{self.n_others:,} of {self.n_cells:,} cells are not numbers, such as {self.examples}"


def mixture_of(table: pa.Table, name: str) -> Mixture | None:
    """The cells of a text column of a canonical table that are no numbers, if most are numbers."""
    written = (table.schema.field(name).metadata or {}).get(MIXTURE_KEY)
    return (
        Mixture(*json.loads(written)) if written and storage_of(table.column(name), name) == "text" else None
    )


def why_unusable(table: pa.Table, name: str) -> str:
    """The error that a column would raise if it were needed, or ""; its values are read as missing."""
    return str((table.schema.field(name).metadata or {}).get(UNUSABLE_KEY, b""), "utf-8", "replace")


def unusable(error: DataError | DataTypeError) -> dict[bytes, str]:
    """The metadata of the field of a column that was left unread because of an error."""
    return {UNUSABLE_KEY: str(error)} | ({VALUE_KEY: ""} if isinstance(error, DataError) else {})


def check_usable(table: pa.Table, names: Iterable[str]) -> None:
    """Refuse columns that were left unread but are needed.

    Raises
    ------
    DataTypeError
        If there is one of a type that is not supported.
    DataError
        If there is one with a value that cannot be read.
    """
    for name in names:
        if reason := why_unusable(table, name):
            is_value = VALUE_KEY in table.schema.field(name).metadata
            raise DataError(reason) if is_value else DataTypeError(reason)

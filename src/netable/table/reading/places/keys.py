"""Folders that are named after keys, such as year=2020, as Hive and Spark write them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from urllib.parse import unquote

import pyarrow as pa

_KEY = re.compile(r"([^=]+)=(.+)")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def is_key(folder: str) -> bool:
    """The folder is named after a key."""
    return _KEY.fullmatch(folder) is not None


def with_keys(table: pa.Table, parts: Sequence[str], columns: Collection[str] | None) -> pa.Table:
    """Add the keys among the parts of a file's path as columns of texts; a column of the file comes first."""
    for name, value in (key.groups() for part in parts[:-1] if (key := _KEY.fullmatch(part))):
        name, value = unquote(name), None if value == _NO_VALUE else unquote(value)
        if name not in table.column_names and (columns is None or name in columns):
            table = table.append_column(name, pa.array([value] * table.num_rows, pa.string()))
    return table

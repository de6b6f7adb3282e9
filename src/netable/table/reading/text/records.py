"""JSON lines, or a JSON array, of objects."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pyarrow as pa

from netable.errors import DataError, FileError
from netable.table.canonical.arrow import python_column


def json_table(
    text: str,
    source: str,
    columns: Collection[str] | None,
    names: Sequence[str] | None = None,
    *,
    first_line: int = 1,
    first_row: int = 1,
) -> pa.Table:
    """Read objects; absent keys are missing values.

    Parameters
    ----------
    names : sequence of str, optional
        The columns of the table of which the text is a part; by default the keys of the objects.
    first_line, first_row : int
        Numbers of the first line and object in messages.

    Raises
    ------
    FileError
        If a line is not JSON, or no object.
    DataError
        If there are none.
    """
    is_array = names is None and text.lstrip().startswith("[")
    records = _records([text] if is_array else text.split("\n"), source, first_line, first_row)
    names = _keys(records) if names is None else names
    wanted = [name for name in names if columns is None or name.strip() in columns]
    return pa.table(
        {name: python_column([r.get(name) for r in records], name, source, first_row) for name in wanted}
    )


def json_names(blocks: Iterator[str], source: str) -> list[str]:
    """The keys of all objects of JSON lines; errors as of `json_table`."""
    names: dict[str, None] = {}
    for line, row, text in _placed(blocks):
        names |= dict.fromkeys(_keys(_records(text.split("\n"), source, line, row)))
    return list(names)


def json_pieces(
    blocks: Iterator[str], source: str, columns: Collection[str] | None, names: Sequence[str]
) -> Iterator[pa.Table]:
    """As `json_table`, of JSON lines in blocks of whole lines."""
    for line, row, text in _placed(blocks):
        yield json_table(text, source, columns, names, first_line=line, first_row=row)


def _placed(blocks: Iterator[str]) -> Iterator[tuple[int, int, str]]:
    """Blocks with an object at least, each with its first line and object, from 1."""
    line = row = 1
    for text in blocks:
        if count := sum(map(bool, map(str.strip, text.split("\n")))):
            yield line, row, text
        line, row = line + text.count("\n"), row + count


def _keys(records: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record))


def _records(texts: list[str], source: str, first_line: int, first_row: int) -> list[dict[str, Any]]:
    """The objects in lines, or in one text that is an array of them."""
    values = [_json_value(text, n, source) for n, text in enumerate(texts, first_line) if text.strip()]
    is_array = len(texts) == 1 and texts[0].lstrip().startswith("[")
    records: list[dict[str, Any]] = values[0] if is_array else values
    if not records:
        raise DataError(f"{source}: no data; the file is empty.")
    for row, record in enumerate(records, first_row):
        if not isinstance(record, dict):
            raise FileError(f"{source}, row {row:,}: expected a JSON object, got {str(record)!r:.40}.")
    return records


def _json_value(text: str, first_line: int, source: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line, reason = first_line + error.lineno - 1, f"{error.msg}, column {error.colno:,}"
        raise FileError(f"{source}, line {line:,}: not valid JSON ({reason}).") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{source}, line {first_line:,}: not valid JSON ({error}).") from error

"""Text files: delimited text and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa

from netable.config.formats import FORMATS
from netable.errors import DataError, FileError
from netable.table.canonical.arrow import python_column
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.delimited import read_delimited
from netable.table.reading.text.encoding import decode

_ARRAY_OF_OBJECTS = re.compile(r"\s*\[\s*\{")


def read_text(path: Path, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read delimited text, JSON lines, or a JSON array, of objects.

    Raises
    ------
    FileError
        If it is not text, or not one table.
    DataError
        If it is empty.
    """
    text = decode(path.read_bytes(), file.options.encoding, Path(file.source), file.notes)
    asked = file.options.format
    is_json = asked == "json" or (asked is None and looks_like_json(text, path, file))
    file.notes.add_fact("format", FORMATS["json" if is_json else "csv"].called)
    if is_json:
        return _read_json(text, file.source, columns)
    return read_delimited(text, file, columns)


def looks_like_json(text: str, path: Path, file: TableFile) -> bool:
    """True if a text holds JSON, or the name of its file says so."""
    start = text.lstrip()[:1]
    if path.suffix.lower() in FORMATS["json"].endings:
        if start not in ("{", "[", ""):
            raise file.error(f"expected JSON lines because of its name, but it starts with {start!r}.")
        return True
    if start == "[":
        return _ARRAY_OF_OBJECTS.match(text) is not None
    if start != "{":
        return False
    try:
        return isinstance(json.loads(text.lstrip().split("\n", 1)[0]), dict)
    except ValueError:
        return False


def _read_json(text: str, source: str, chosen: Collection[str] | None) -> pa.Table:
    """Read JSON lines, or a JSON array, of objects; absent keys are missing values."""
    is_array = text.lstrip().startswith("[")
    lines = [text] if is_array else text.split("\n")
    values = [_json_value(line, number, source) for number, line in enumerate(lines, 1) if line.strip()]
    records = values[0] if is_array else values
    if not records:
        raise DataError(f"{source}: no data; the file is empty.")
    for row, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise FileError(f"{source}, row {row:,}: expected a JSON object, got {str(record)!r:.40}.")
    names = dict.fromkeys(name for record in records for name in record)
    wanted = [name for name in names if chosen is None or name.strip() in chosen]
    return pa.table({name: python_column([r.get(name) for r in records], name, source) for name in wanted})


def _json_value(text: str, first_line: int, source: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line, reason = first_line + error.lineno - 1, f"{error.msg}, column {error.colno:,}"
        raise FileError(f"{source}, line {line:,}: not valid JSON ({reason}).") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{source}, line {first_line:,}: not valid JSON ({error}).") from error

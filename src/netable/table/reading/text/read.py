"""Text files: delimited text and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa

from netable.config.formats import FORMATS
from netable.table.reading.base.table_file import TableFile
from netable.table.reading.text.delimited import read_delimited
from netable.table.reading.text.encoding import decode
from netable.table.reading.text.records import json_table

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
        return json_table(text, file.source, columns)
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

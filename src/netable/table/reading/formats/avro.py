"""Avro files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import fastavro
import pyarrow as pa
from fastavro.schema import SchemaParseException

from netable.table.reading.base.frames import read_records
from netable.table.reading.base.table_file import TableFile

# What fastavro raises for damaged files.
_FAULTS = (
    SchemaParseException,
    ValueError,
    EOFError,
    OSError,
    TypeError,
    LookupError,
    ArithmeticError,
    MemoryError,
)


def read_avro(path: Path, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read an Avro file of records.

    Raises
    ------
    FileError
        If it is damaged, holds something other than records, or is compressed by a package that is not installed.
    """
    try:
        with path.open("rb") as opened:
            reader = fastavro.reader(opened)
            schema, records = reader.writer_schema, [*reader]
    except _FAULTS as error:
        reason = str(error).replace(str(path), file.source)
        raise file.error(f"a damaged or unsupported Avro file ({reason:.120}).") from error
    if not isinstance(schema, dict) or schema.get("type") != "record":
        raise file.error("an Avro file of single values; a table is one of records.")
    names = [field["name"] for field in schema["fields"]]
    wanted = [name for name in names if columns is None or name.strip() in columns]
    return read_records({name: [record[name] for record in records] for name in wanted}, file.source)

"""Tables in SQLite and DuckDB files."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa

from netable.errors import did_you_mean
from netable.table.reading.base.engine import connect
from netable.table.reading.base.frames import read_records
from netable.table.reading.base.table_file import TableFile


def read_sqlite(path: Path, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read a table or view of an SQLite file; columns that are declared as booleans hold true and false.

    Raises
    ------
    FileError
        If the file is damaged, or it is not clear which table is meant.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            page_size = connection.execute("PRAGMA page_size").fetchone()[0]
            if path.stat().st_size % page_size:  # SQLite would read zeros in place of what is cut off
                raise sqlite3.DatabaseError("it is cut off")
            connection.execute("PRAGMA trusted_schema = OFF")  # a view calls no function with side effects
            listed = connection.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' "
                "ESCAPE '\\' ORDER BY name"
            )
            table = quoted(_chosen_table([name for (name,) in listed], file))
            declared = connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
            types = {name: kind.upper() for _, name, kind, *_ in declared}
            names = [name for name in types if columns is None or name.strip() in columns]
            selection = ", ".join(map(quoted, names)) or "1"
            rows = connection.execute(f"SELECT {selection} FROM {table}").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise file.error(f"the database cannot be read ({error}).") from error
    cells = [[row[place] for row in rows] for place in range(len(names))]
    return read_records(
        {
            name: _booleans(values) if types[name].startswith("BOOL") else values
            for name, values in zip(names, cells, strict=True)
        },
        file.source,
    )


def _booleans(values: list[object]) -> list[object]:
    """Zeros and ones as booleans; other values as they are, as SQLite holds any value in any column."""
    if {*values} <= {0, 1, None}:
        return [None if value is None else bool(value) for value in values]
    return values


def read_duckdb(path: Path, file: TableFile, columns: Collection[str] | None) -> pa.Table:
    """Read a table or view of a DuckDB file; a view that reads other files is refused.

    Raises
    ------
    FileError
        If the file is damaged, in use, or it is not clear which table is meant.
    """
    try:
        with connect(path) as connection:
            listed = connection.execute(
                "SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL"
            ).fetchall()
            places = {
                name if schema == "main" else f"{schema}.{name}": (schema, name) for schema, name in listed
            }
            schema, name = places[_chosen_table([*places], file)]
            relation = connection.sql(f"SELECT * FROM {quoted(schema)}.{quoted(name)}")
            wanted = [name for name in relation.columns if columns is None or name.strip() in columns]
            if wanted:
                relation = relation.select(", ".join(map(quoted, wanted)))
            return relation.to_arrow_table().select(wanted)
    except duckdb.Error as error:
        raise file.error(f"the database cannot be read ({str(error).splitlines()[0]:.200}).") from error


def _chosen_table(names: Sequence[str], file: TableFile) -> str:
    """The table that is asked for, or the only one."""
    asked = file.options.table
    if not names:
        raise file.error("the database has no table.")
    if asked is None and len(names) > 1:
        listed = ", ".join(map(repr, names[:12])) + ", …" * (len(names) > 12)
        raise file.error(f"the database has {len(names):,} tables: {listed}. Choose one with table=….")
    if asked is not None and asked not in names:
        raise file.error(f"the database has no table {asked!r}. {did_you_mean(asked, names)}")
    return asked or names[0]


def quoted(name: str) -> str:
    """A name as SQL reads it."""
    return '"' + name.replace('"', '""') + '"'

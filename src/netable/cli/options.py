"""Arguments and options of several verbs, and the tables and models that they name."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli.settings import parsed
from netable.config.fields import OUTPUT, TRAINING
from netable.config.reading import ReadOptions
from netable.config.settings import DEFAULTS
from netable.errors import ConfigError, DataError, FileError
from netable.system.files import check_replaceable
from netable.system.urls import check_no_password, scheme_of, shown

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.model.model import Model

ModelPath = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file that netable train wrote.")]
Tables = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TABLE",
        help="CSV or TSV (any delimiter), JSON, Parquet, Excel, SPSS, Stata, SQLite and more, also packed; a folder or "
        "a glob of them, also at a URL such as s3://…; - reads standard input.",
        show_default=False,
    ),
]
Sql = Annotated[
    str | None,
    typer.Option(
        help="One SELECT in place of TABLE, such as \"select * from 'houses.parquet' where year > 2000\"."
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATABASE",
        help="Database for --sql: postgresql://user@host/name (password in PGPASSWORD or ~/.pgpass), or "
        "sqlite:///shop.db. (default: files, read by DuckDB)",
        show_default=False,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", help="A YAML file with settings; options override it.", rich_help_panel=TRAINING
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print results as JSON.", rich_help_panel=OUTPUT)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing files.", rich_help_panel=OUTPUT)]


def reading_for(model: Model, typed: dict[str, Any]) -> ReadOptions:
    """Options for reading files for a model: as typed, else as in its training."""
    return ReadOptions.of(replace(DEFAULTS, **(model.recipe.learned_options | parsed(typed))))


def read_table(
    tables: list[str] | None,
    sql: str | None,
    database: str | None,
    options: ReadOptions,
    storage: Mapping[str, str] | None = None,
    used: Collection[str] | None = None,
) -> pa.Table:
    """The table that paths or a query name, with the storage types of known columns."""
    from netable.table.reading.read import read, read_sql

    _check_one_table(tables, sql, database)
    if sql:
        return read_sql(sql, database, options=options, storage=storage)
    with files_of(tables or []) as paths:
        return read(paths, options=options, storage=storage, used=used)


def read_labelled(
    model: Model,
    tables: list[str] | None,
    sql: str | None,
    database: str | None,
    typed: dict[str, Any],
    also: Collection[str] = (),
) -> pa.Table:
    """The table that paths or a query name, with columns and target of the types of a model.

    Cells of other columns, but those `also` named, may be missing; see `netable.table.reading.read.read`.
    """
    storage = model.schema.storage | model.target.storage
    return read_table(
        tables, sql, database, reading_for(model, typed), storage, model.columns_used.union(also)
    )


def read_labelled_pieces(
    model: Model, tables: list[str] | None, sql: str | None, database: str | None, typed: dict[str, Any]
) -> Iterator[pa.Table]:
    """As `read_labelled`, in pieces."""
    from netable.table.reading.stream import TableStream

    _check_one_table(tables, sql, database)
    if sql or not tables:
        yield read_labelled(model, tables, sql, database, typed)
        return
    with files_of(tables) as paths:
        stream = TableStream(paths, reading_for(model, typed), model.columns_used)
        yield from stream.canonical(model.schema.storage | model.target.storage)
        stream.notes.warn()


def read_with_facts(
    tables: list[str] | None, sql: str | None, database: str | None, options: ReadOptions
) -> tuple[pa.Table, dict[str, str]]:
    """The table that paths or a query name, and how it was read."""
    from netable.table.reading.read import read_with_facts

    _check_one_table(tables, sql, database)
    with files_of(tables or []) as paths:
        return read_with_facts(sql or paths, is_query=bool(sql), database=database, options=options)


def _check_one_table(tables: list[str] | None, sql: str | None, database: str | None) -> None:
    if bool(tables) == bool(sql):
        raise ConfigError("Name one table: a path, or a query with --sql.")
    if database is None:
        return
    if not sql:
        raise ConfigError("--from names the database of a query; give it with --sql.")
    check_no_password(database, "PostgreSQL takes it from PGPASSWORD or ~/.pgpass.")


def read_table_beside(
    names: Sequence[str] | None,
    tables: list[str] | None,
    sql: str | None,
    database: str | None,
    options: ReadOptions,
    storage: Mapping[str, str],
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """The table that `read_table` reads in pieces, each with another of some columns unchanged, or of all."""
    from netable.table.reading.read import read_beside

    _check_one_table(tables, sql, database)
    with files_of(tables or []) as paths:
        yield from read_beside(
            sql or paths,
            names,
            is_query=bool(sql),
            database=database,
            options=options,
            storage=storage,
            used=None if names is None else {*names, *storage},
        )


def typed_table(
    tables: list[str] | None, sql: str | None, database: str | None, validation: list[str] | None = None
) -> str:
    """Tables as they were typed, to be typed again; without what only the person who typed it should see."""
    words = ["--sql", sql] if sql else [shown(path) for path in tables or []]
    if database:
        words += ["--from", shown(database)]
    for path in validation or []:
        words += ["--validation", shown(path)]
    return shlex.join(words)


def files(tables: Sequence[str]) -> list[Path]:
    """The files that paths, folders and patterns name, without pipes and URLs; `FileError` if one names none."""
    from netable.table.reading.sources import find_files

    return [file for path in tables if not (is_pipe(path) or scheme_of(path)) for file in find_files(path)]


def is_pipe(path: str) -> bool:
    """True for `-`, which is standard input, and for pipes such as those of a shell's `<(…)`."""
    return path == "-" or Path(path).is_fifo()


@contextmanager
def files_of(tables: Sequence[str]) -> Iterator[list[str]]:
    """The paths of tables within the block; what pipes hold is in files that are deleted afterwards.

    Reading looks at a table several times, and a pipe can be read only once.
    """
    with ExitStack() as stack:
        paths = []
        for path in tables:
            check_no_password(path, "Credentials come from the environment.")
            if is_pipe(path):
                folder = stack.enter_context(TemporaryDirectory(prefix="netable-"))
                path = _copied(path, Path(folder) / ("standard input" if path == "-" else "pipe"))
            paths.append(path)
        yield paths


def _copied(pipe: str, place: Path) -> str:
    if pipe == "-" and sys.stdin.isatty():
        raise FileError(
            "Standard input is the keyboard, not a table. Give a table after <, or a path in place of -."
        )
    with (
        nullcontext(sys.stdin.buffer) if pipe == "-" else open(pipe, "rb") as source,
        place.open("wb") as copy,
    ):
        shutil.copyfileobj(source, copy)
    if not place.stat().st_size:
        raise DataError(f"The {place.name} is empty; there is no table in it.")
    return str(place)


def check_new(output: Path, *, force: bool) -> None:
    """Raise `FileError` if the output exists and is not to be overwritten."""
    if os.path.lexists(output) and not force:
        raise FileError(f"{output} exists already. Name another file with -o, or overwrite it with --force.")


def check_page(page: Path, *, force: bool) -> None:
    """Raise `FileError` if a page cannot be written there."""
    if page.is_dir():
        raise FileError(f"{page} is a folder; name a file for the page with -o.")
    check_new(page, force=force)
    check_replaceable(page)


def load_model(path: Path, device: str | None = None) -> Model:
    """The model in a file, on a device."""
    from netable.model.file import load
    from netable.model.move import move

    if path.is_dir():
        raise FileError(f"{path} is a folder; name the model in it, such as {path / 'model.netable'}.")
    return move(load(path), device or "auto")

"""Arguments and options of several verbs, and the tables and models that they name."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.cli.settings import parsed
from netable.config.fields import OUTPUT, TRAINING
from netable.config.reading import ReadOptions
from netable.config.settings import DEFAULTS
from netable.errors import ConfigError, FileError
from netable.system.files import check_replaceable
from netable.system.urls import check_no_password, scheme_of, shown

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.model.model import Model
    from netable.table.reading.sources import Given

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
Memory = Annotated[
    str | None,
    typer.Option(
        help="Memory to use, such as 4GB. A table that needs more is judged by a random sample of its rows. (default: "
        "half of what there is)",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print results as JSON.", rich_help_panel=OUTPUT)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite existing files.", rich_help_panel=OUTPUT)]


def reading_for(model: Model, typed: dict[str, Any]) -> ReadOptions:
    """Options for reading files for a model: as typed, else as in its training."""
    return ReadOptions.of(replace(DEFAULTS, **(model.recipe.learned_options | parsed(typed))))


def named(tables: list[str] | None, sql: str | None = None, database: str | None = None) -> list[Given]:
    """What was typed to name one table: files that are looked for here and never again, or a pipe or a query.

    Raises
    ------
    ConfigError
        If that is not one table, or holds a password.
    FileError
        If there is no such file.
    """
    from netable.table.reading.places.pipe import Pipe, is_pipe
    from netable.table.reading.places.queries import Query
    from netable.table.reading.sources import Found, find_tables

    if bool(tables) == bool(sql):
        raise ConfigError("Name one table: a path, or a query with --sql.")
    if database is not None and not sql:
        raise ConfigError("--from names the database of a query; give it with --sql.")
    if database is not None:
        check_no_password(database, "PostgreSQL takes it from PGPASSWORD or ~/.pgpass.")
    if sql:
        return [Query(sql, database)]
    for path in tables or []:
        check_no_password(path, "Credentials come from the environment.")
    return [Pipe(path) if is_pipe(path) else Found(path, find_tables(path)) for path in tables or []]


def read_labelled_pieces(model: Model, given: list[Given], typed: dict[str, Any]) -> Iterator[pa.Table]:
    """A table in pieces, with columns and target of the types of a model."""
    from netable.table.reading.stream import TableStream

    stream = TableStream(given, reading_for(model, typed), model.columns_used)
    yield from stream.canonical(model.schema.storage | model.target.storage)
    stream.notes.warn()


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


def files(given: Sequence[Given]) -> list[Path]:
    """The files on this machine, also those of lakes, but not of databases."""
    from netable.table.reading.places.lakes import DeltaTable, IcebergTable
    from netable.table.reading.sources import find_files, find_tables

    found: list[Path] = []
    for place in [place for one in given for place in find_tables(one)]:
        if isinstance(place, Path):
            found.append(place)
        elif isinstance(place, DeltaTable | IcebergTable) and not scheme_of(place.url):
            found += find_files(place.url)
    return found


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

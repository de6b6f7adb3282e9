"""Options that several verbs share, and how their texts become values."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from netable.config.settings import BAD_ROWS, DEFAULTS, LEARNED_OPTIONS, Settings
from netable.errors import ConfigError, FileError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.model.model import Model
    from netable.table.reading.read import ReadOptions

# Names are read as a line of CSV.
WITH_COMMA = """One with a comma in it: '"a, b"',c."""
_FILE, _OUT = "How to read a file", "Output"

ModelPath = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file that netable train wrote.")]
Tables = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TABLE",
        help="CSV or TSV (any delimiter, gzip too), JSON lines, Parquet; a folder or a glob of them.",
        show_default=False,
    ),
]
Sql = Annotated[
    str | None,
    typer.Option(
        help="One SELECT in place of TABLE, such as \"select * from 'houses.parquet' where year > 2000\"."
    ),
]
Delimiter = Annotated[
    str | None,
    typer.Option(help="The character between fields; found out if left out.", rich_help_panel=_FILE),
]
Decimal = Annotated[
    str | None, typer.Option(help="The decimal mark, a point or a comma.", rich_help_panel=_FILE)
]
Encoding = Annotated[
    str | None, typer.Option(help="The encoding of a text file, such as cp949.", rich_help_panel=_FILE)
]
Quote = Annotated[
    str | None,
    typer.Option(help="The character around cells; found out if left out.", rich_help_panel=_FILE),
]
Comment = Annotated[
    str | None, typer.Option(help="How lines begin that are left out, such as #.", rich_help_panel=_FILE)
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first line holds names, in doubt too.",
        rich_help_panel=_FILE,
    ),
]
SkipRows = Annotated[
    int | None, typer.Option(help="How many lines stand above the table.", rich_help_panel=_FILE)
]
BadRows = Annotated[
    str | None,
    typer.Option(
        help=f"Rows with too few or many fields: {' or '.join(BAD_ROWS)}. (default: {DEFAULTS.bad_rows})",
        rich_help_panel=_FILE,
    ),
]
NaValues = Annotated[
    str | None,
    typer.Option(
        help='Spellings of "missing", by commas, in place of the usual ones.', rich_help_panel=_FILE
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Results as JSON, for machines.", rich_help_panel=_OUT)]
Force = Annotated[bool, typer.Option("--force", help="Overwrite what is there.", rich_help_panel=_OUT)]
Device = Annotated[str | None, typer.Option(help="auto (CUDA, then MPS, then CPU), cpu, cuda, cuda:1, mps.")]


_READING = ("delimiter", "decimal", "encoding", "quote", "comment", "header", "skip_rows", "bad_rows")


def _read_options(how: Mapping[str, Any], na_values: Sequence[str] | None) -> ReadOptions:
    from netable.table.reading.read import ReadOptions

    said = {name: how[name] for name in _READING if how[name] is not None}
    if said.get("delimiter") in ("\\t", "tab"):
        said["delimiter"] = "\t"
    return ReadOptions(**said, na_values=None if na_values is None else tuple(na_values))


def reading_of(config: Settings) -> ReadOptions:
    """How a configuration has files read."""
    return _read_options(vars(config), config.na_values)


def reading_for(model: Model, params: Mapping[str, Any]) -> ReadOptions:
    """How files for a model are read: what is missing and where a table begins as in its training, or as said."""
    learned = {name: getattr(model.recipe, name) for name in LEARNED_OPTIONS if params[name] is None}
    said = params["na_values"]
    return _read_options({**params, **learned}, learned["na_values"] if said is None else names(said))


def read_table(tables: list[str] | None, sql: str | None, options: ReadOptions, **how: Any) -> pa.Table:
    """The table that the arguments name.

    Raises
    ------
    ConfigError
        If there is none, or both a path and a query.
    """
    from netable.table.reading.read import read, read_sql

    _check_one_table(tables, sql)
    return read_sql(sql, options=options, **how) if sql else read(tables, options=options, **how)


def _check_one_table(tables: list[str] | None, sql: str | None) -> None:
    if bool(tables) == bool(sql):
        raise ConfigError("Name one table: a path, or a query with --sql.")


def read_table_beside(
    kept: Sequence[str], tables: list[str] | None, sql: str | None, options: ReadOptions, **how: Any
) -> tuple[pa.Table, pa.Table]:
    """The table that the arguments name, and beside it columns to keep as they are; see `read_table`."""
    from netable.table.reading.read import read_beside

    _check_one_table(tables, sql)
    return read_beside(sql or tables, kept, is_query=bool(sql), options=options, **how)


def files(tables: list[str]) -> list[Path]:
    """The files that paths, folders and patterns mean.

    Raises
    ------
    FileError
        If one means none.
    """
    from netable.table.reading.sources import find_files

    return [file for path in tables for file in find_files(path)]


def load_model(path: Path, device: str | None = None) -> Model:
    """The model in a file, on a device.

    Raises
    ------
    UserError
        If there is none, or the device is not there.
    """
    from netable.model.file import save_load as model_file
    from netable.model.model import move

    if path.is_dir():
        raise FileError(f"{path} is a folder; name the model in it, such as {path / 'model.netable'}.")
    return move(model_file.load(path), device or "auto")


def names(text: str) -> list[str]:
    """The parts of a comma-separated text; as in CSV, one that holds a comma stands between double quotes."""
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    return [part.strip() for row in rows for part in row if part.strip()]


def pairs(option: str, what: str, text: str, choices: Sequence[str] = ()) -> dict[str, str]:
    """`a=1,b=2` as a mapping.

    Raises
    ------
    ConfigError
        If a part is no pair; it says what they are.
    """
    found = {}
    for part in names(text):
        name, middle, value = part.rpartition("=")
        if not middle:
            hint = f" {did_you_mean(part, choices)}" if choices else ""
            raise ConfigError(f"{option} takes {what}; got {part!r}.{hint}")
        found[name.strip()] = value.strip()
    return found


def number(option: str, text: str) -> float:
    """A number from the command line.

    Raises
    ------
    ConfigError
        If it is none.
    """
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(f"{option} takes a number; got {text!r}.") from error

"""Broken text files, and which readers load them right, refuse them, or silently misread them.

    python -m benchmarks.pollution.run [--readers NAME …] [--kinds REGEX] [--show READER OUTCOME] [--out FILE]

Every kind of pollution (the other modules of this folder, after the Pollock benchmark) is applied to each clean table
(tables.py) that can be broken visibly. Each reader gets the file with its defaults:
`netable.table.reading.read`, DuckDB's `read_csv_auto` and pandas' `read_csv`. What is loaded counts as right if it
has the rows, columns and names of a table that the file may mean; cells are compared by value, after the same typing
for all readers, so that 1 and 1.0, or NA and an empty cell, are the same. Nameless columns may be called anything. A
refusal is an error; ours is one for a wrong reason if its message does not name the trouble. Everything else is a
misreading, with a note if a `DataWarning` names the trouble, else a silent one. Nothing counts where no reader could
know better: a line below a table of one column, or a second header where no column holds numbers. The group "valid"
(valid.py) holds ordinary files: every refusal of one is for a wrong reason. The summary is written to FILE
(benchmarks/pollution/results/pollution.md)."""

from __future__ import annotations

import math
import re
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa

from benchmarks.measurements import (
    circumstances,
    describe_circumstances,
    describe_versions,
    make_parser,
    markdown_table,
    write_page,
)
from benchmarks.pollution.cells import cells, headers
from benchmarks.pollution.encodings import encodings
from benchmarks.pollution.kinds import Kind, Polluted, delimiters, escapes, quotes, separators
from benchmarks.pollution.structure import around, ragged, several
from benchmarks.pollution.tables import Table, tables
from benchmarks.pollution.valid import valid
from netable.errors import DataWarning, UserError
from netable.table.reading.read import read

RIGHT, REFUSED, WRONG_REASON = "right", "refused", "refused for a wrong reason"
NOTED, MISREAD = "misread, with a note", "misread"
OUTCOMES = (RIGHT, REFUSED, WRONG_REASON, NOTED, MISREAD)
RESULTS = Path(__file__).parent / "results"
PACKAGES = ("netable", "duckdb", "pandas")


def kinds() -> Iterator[Kind]:
    """Every kind of pollution."""
    return chain(
        delimiters(),
        quotes(),
        escapes(),
        encodings(),
        separators(),
        ragged(),
        around(),
        several(),
        headers(),
        cells(),
        valid(),
    )


class File(NamedTuple):
    """One polluted file."""

    kind: Kind
    table: str
    polluted: Polluted


def files(only: str = "") -> Iterator[File]:
    """Every pollution of every table that can have it, of the kinds that a pattern fits."""
    clean = tables()
    for kind in kinds():
        if not re.search(only, f"{kind.group}: {kind.name}"):
            continue
        for table in clean:
            if polluted := kind.pollute(table):
                yield File(kind, table.name, polluted)


def read_netable(path: Path) -> pa.Table:
    """Our reader."""
    return read(path)


def read_duckdb(path: Path) -> pa.Table:
    """The reader of DuckDB."""
    with duckdb.connect() as connection:
        return connection.sql(f"SELECT * FROM read_csv_auto('{path}')").to_arrow_table()


def read_pandas(path: Path) -> pd.DataFrame:
    """The reader of pandas."""
    return pd.read_csv(path)


READERS: dict[str, Callable[[Path], Any]] = {
    "netable": read_netable,
    "duckdb": read_duckdb,
    "pandas": read_pandas,
}


def outcome(reader: str, file: File, path: Path) -> tuple[str, str]:
    """The outcome of a reader on a file, and its error if it has one."""
    path.write_bytes(file.polluted.content)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            loaded = READERS[reader](path)
        except UserError as error:
            text = str(error).replace(str(path), "FILE")
            return (REFUSED if re.search(file.kind.reason, text) else WRONG_REASON), text
        except Exception as error:  # other readers have errors of all kinds
            return (WRONG_REASON if reader == "netable" else REFUSED), f"{type(error).__name__}: {error}"
        notes = " ".join(str(each.message) for each in heard if issubclass(each.category, DataWarning))
        is_right = any(means(loaded, truth, file.polluted.names_matter) for truth in file.polluted.truths)
    return (RIGHT if is_right else NOTED if re.search(file.kind.reason, notes) else MISREAD), ""


def means(loaded: Any, truth: Table, names_matter: bool) -> bool:
    """Return True if the loaded table has the rows, columns and names of the clean one."""
    found = loaded if isinstance(loaded, pa.Table) else pa.Table.from_pandas(loaded, preserve_index=False)
    if (found.num_columns, found.num_rows) != (truth.width, len(truth.rows)):
        return False
    names = [name.strip() for name in truth.header]
    if names_matter and any(
        old and old != new.strip() for old, new in zip(names, found.column_names, strict=True)
    ):
        return False
    try:
        cells = canonical([column.to_pylist() for column in found.columns])
    except UserError:
        return False
    expected = canonical([list(column) for column in zip(*truth.rows, strict=True)])
    return all(
        same(old, new)
        for column, other in zip(expected, cells, strict=True)
        for old, new in zip(column, other, strict=True)
    )


def canonical(columns: list[list[Any]]) -> list[list[Any]]:
    """The values of columns as our typing has them, whoever has read them."""
    arrays = []
    for column in columns:
        texts = [None if value is None or value != value else _text(value) for value in column]
        arrays.append(pa.array(texts, pa.string()))
    return [
        column.to_pylist() for column in read(pa.table(arrays, [f"x{i}" for i in range(len(arrays))])).columns
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def same(old: Any, new: Any) -> bool:
    """Compare two values; a reader may take yes for true."""
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=1e-12)
    words = {"yes": True, "no": False}
    return bool(words.get(old, old) == words.get(new, new))


def measure(readers: Sequence[str], only: str = "") -> dict[str, list[tuple[File, str, str]]]:
    """The outcome of every file for every reader."""
    found: dict[str, list[tuple[File, str, str]]] = {reader: [] for reader in readers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        for file in files(only):
            for reader in readers:
                found[reader].append((file, *outcome(reader, file, path)))
    return found


def summary(found: dict[str, list[tuple[File, str, str]]]) -> str:
    """Counts in all and by group, and where we do not load what another loads."""
    total = [
        [reader, *(str(sum(each == wanted for _, each, _ in rows)) for wanted in OUTCOMES)]
        for reader, rows in found.items()
    ]
    parts = [markdown_table(["reader", *OUTCOMES], total)]
    groups = list(dict.fromkeys(kind.group for kind in kinds()))
    lines = []
    for group in groups:
        line = [group]
        for rows in found.values():
            counts = Counter(each for file, each, _ in rows if file.kind.group == group)
            line.append(
                f"{counts[RIGHT]} / {counts[REFUSED] + counts[WRONG_REASON]} / {counts[NOTED] + counts[MISREAD]}"
            )
        lines.append(line)
    parts += ["Right / refused / misread:", markdown_table(["group", *found], lines)]
    by_kind: dict[str, dict[str, Counter[str]]] = {}
    for reader, rows in found.items():
        for file, each, _ in rows:
            name = f"{file.kind.group}: {file.kind.name}".replace("|", "\\|").replace("`", "'")
            by_kind.setdefault(name, {}).setdefault(reader, Counter())[each] += 1
    lines = [
        [name, *(" / ".join(str(counts[r][o]) for o in (RIGHT, REFUSED, NOTED, MISREAD)) for r in found)]
        for name, counts in by_kind.items()
    ]
    lost = [
        [name, *(str(counts[r][RIGHT]) for r in found)]
        for name, counts in by_kind.items()
        if "netable" in found and counts["netable"][RIGHT] < max(counts[r][RIGHT] for r in found)
    ]
    if lost:
        parts += [
            "Where another loads more files right, and we refuse them:",
            markdown_table(["kind", *found], lost),
        ]
    parts += [
        "Each kind, right / refused for the reason / misread with a note / misread in silence:",
        markdown_table(["kind", *found], lines),
    ]
    return "\n\n".join(parts) + "\n"


def main(words: Sequence[str] | None = None) -> None:
    """Measure, show and write."""
    parser = make_parser(__doc__, out=RESULTS / "pollution.md")
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--kinds", default="", metavar="REGEX", help="only these, as GROUP: NAME")
    parser.add_argument("--show", nargs=2, metavar=("READER", "OUTCOME"), help="list the files of an outcome")
    arguments = parser.parse_args(words)
    found = measure(arguments.readers, arguments.kinds)
    text = summary(found)
    if arguments.show:
        reader, wanted = arguments.show
        for file, each, error in found[reader]:
            if each == wanted:
                print(f"{file.kind.group}: {file.kind.name} × {file.table}  {error}")
    now = circumstances(PACKAGES)
    head = [
        "# Readers of broken text files",
        "`python -m benchmarks.pollution.run`",
        *describe_circumstances([now]),
        describe_versions([now]),
    ]
    write_page(arguments.out, "\n\n".join(head) + "\n\n" + text)


if __name__ == "__main__":
    main()

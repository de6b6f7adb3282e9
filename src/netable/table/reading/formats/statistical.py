"""SAS, SPSS and Stata files, read by pyreadstat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyreadstat

from netable.table.canonical.arrow import plain_column, python_column
from netable.table.canonical.casts import text_column
from netable.table.reading.base.table_file import TableFile

UNLABELLED = "values without a label are categories of their own: {}"
FEW_LABELS = "kept as numbers, because most of their values have no label: {}"


def _read(
    reader: Callable[..., Any], path: Path, file: TableFile, columns: Collection[str] | None
) -> pa.Table:
    """Read a file; columns with labels become categories, and values that its owner calls missing are missing.

    Raises
    ------
    FileError
        If the file is damaged.
    """
    reader = partial(reader, path, output_format="dict", encoding=file.options.encoding)
    try:
        _, about = reader(metadataonly=True)
        names = [name for name in about.column_names if columns is None or name.strip() in columns]
        cells, about = reader(usecols=names) if names else ({}, about)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OSError) as error:
        raise file.error(f"a damaged, cut-off or unsupported file ({error!s:.120}).") from error
    labels = about.variable_value_labels
    return pa.table(
        {
            name: _labelled(
                python_column(cells.get(name, []), name, file.source), labels.get(name, {}), name, file
            )
            for name in names
        }
    )


def _labelled(column: pa.Array, labels: Mapping[Any, str], name: str, file: TableFile) -> pa.Array:
    """A column as categories, if at least half of its distinct values have a label."""
    distinct = column.dictionary_encode()
    values = distinct.dictionary.to_pylist()
    unlabelled = [value for value in values if value not in labels]
    if not labels or not values:
        return column
    texts = text_column(plain_column(pa.chunked_array([distinct.dictionary]), name, file.notes)).to_pylist()
    if 2 * len(unlabelled) > len(values):
        listed = ", ".join(f"{value:g} = {label!r}" for value, label in [*labels.items()][:3])
        file.notes.add(FEW_LABELS, f"{name!r} ({listed})")
        return column
    if unlabelled:
        file.notes.add(
            UNLABELLED, f"{name!r} {', '.join(texts[values.index(value)] for value in unlabelled[:5])}"
        )
    named = [labels.get(value, text) for value, text in zip(values, texts, strict=True)]
    return pa.array(named, pa.string()).take(distinct.indices).dictionary_encode()


read_sas = partial(_read, pyreadstat.read_sas7bdat)
read_xport = partial(_read, pyreadstat.read_xport)
read_spss = partial(_read, pyreadstat.read_sav)
read_stata = partial(_read, pyreadstat.read_dta)

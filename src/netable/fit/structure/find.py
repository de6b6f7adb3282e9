"""The groups and times of a table's rows, judged by how much a random split flatters."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from netable.config.settings import Settings
from netable.doctor.structure import Structure, worst
from netable.errors import warn
from netable.fit.structure.candidates import group_candidates, pair_candidates, time_candidates
from netable.fit.structure.flattery import Ints, group_flattery, time_flattery
from netable.table.encode import Encoded, Encoder
from netable.table.rows import Rows
from netable.table.target import Target

# With fewer rows, no ratio of errors is certain.
FEWEST_ROWS = 100
# The most columns of each kind to judge; each takes some tenths of a second.
MOST = 3
# A pair of columns counts if the logarithm of its ratio is so many times that of either column.
BEYOND = 1.5


def find_structure(
    table: pa.Table, settings: Settings, target: Target, encoder: Encoder, rows: Rows
) -> list[Structure]:
    """Columns that relate rows, each with the ratio of errors; empty if the split was declared.

    Parameters
    ----------
    rows : Rows
        The encoded rows of the table.
    """
    if settings.group_column or settings.time_column or len(rows) < FEWEST_ROWS:
        return []
    no_features = {*target.names, settings.weight_column}
    names = [name for name in table.column_names if name not in no_features]
    n_classes, seed = len(target.labels), settings.seed
    found = []
    for name, level in islice(time_candidates(table, names), MOST):
        flattery = time_flattery(rows, level, n_classes, seed)
        found.append(Structure("time", (name,), int(level.max()) + 1, flattery))

    def judged(*columns: str, level: Ints) -> Structure:
        # Either column of a pair stays an input: new pairs may have levels that each column had before.
        inputs = rows if len(columns) > 1 else _without_code(rows, encoder, *columns)
        flattery = group_flattery(inputs, level, n_classes, seed)
        return Structure("group", columns, int(level.max()) + 1, flattery)

    single = {name: judged(name, level=level) for name, level in islice(group_candidates(table, names), MOST)}
    found += single.values()
    for parts, level in islice(pair_candidates(table, names), MOST):
        pair = judged(*(part.column for part in parts), level=level)
        if pair.matters and all(
            _is_beyond(pair, single.get(part.column) or judged(part.column, level=part.level))
            for part in parts
        ):
            found.append(pair)
    return found


def split_by(structures: list[Structure]) -> dict[str, Any]:
    """The setting for the structure that flatters a random split most; empty if none matters."""
    if (pair := worst(structures, "group")) and pair.column is None:
        warn(
            f'Rows with the same {pair.name} resemble each other most, but split="auto" takes no two columns. Make '
            f"{pair.advice}."
        )
    single = [one for one in structures if one.column is not None]
    found = [one for kind in ("time", "group") if (one := worst(single, kind))]
    if not found:
        return {}
    chosen = max(found, key=lambda one: one.flattery.ratio)
    does = "follow each other in" if chosen.kind == "time" else "keep the rows of each"
    warn(
        f'Folds {does} {chosen.name} ({chosen.setting}="{chosen.column}"), because a random split would be too '
        f"optimistic by a factor of about {chosen.flattery.ratio:.2f}."
    )
    return {chosen.setting: chosen.column}


def _is_beyond(pair: Structure, column: Structure) -> bool:
    """True if rows of a pair resemble each other far more than those of one of its columns."""
    least: float = max(1.0, column.flattery.ratio) ** BEYOND
    return pair.flattery.ratio > least


def _without_code(rows: Rows, encoder: Encoder, name: str) -> Rows:
    """The rows without the level of a column, which tells nothing about new levels."""
    if name not in encoder.spans:
        return rows
    numbers, codes = rows.encoded[:2]
    return Rows(Encoded(numbers, np.delete(codes, encoder.spans[name][1], axis=1)), rows.y, rows.weight)

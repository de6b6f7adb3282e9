"""Rows that try every column of a model: ordinary values, and each odd one in a row of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from netable.deploy.contract.inputs import DATE, NUMBER, Input
from netable.model.model import Model
from netable.table.canonical.forms import KEY
from netable.table.canonical.storage import STORAGES, number_text
from netable.table.encode import Encoder

# Rows of ordinary values; more if a column has more levels.
ORDINARY = 256
# A number is far out at so many times the width of its range beyond it.
_FAR = 10
_EXTREMES = (0.0, -0.0, 5e-324, -5e-324, 1e-45, 3.4e38, -3.4e38, 1.7e308, -1.7e308)
_DATES = (
    datetime(1, 1, 1),
    datetime(1900, 3, 1),
    datetime(1969, 12, 31, 23, 59, 59, 999_999),
    datetime(2000, 2, 29),
    datetime(2000, 12, 31, 12, 30, 15, 5),
    datetime(9999, 12, 31, 23, 59, 59, 999_999),
)
_TEXTS = ("", "never seen", "x" * 1000, "İ\N{KELVIN SIGN}ſß", "NA", "?", "0", "true")


def made_rows(model: Model, inputs: tuple[Input, ...]) -> pa.Table:
    """Rows in the storage types of a model's columns, the same for the same model."""
    rng = np.random.default_rng(0)
    count = max(ORDINARY, *map(len, model.encoder.levels.values()), 0)
    ordinary = {each.column.name: _ordinary(model.encoder, each, count, rng) for each in inputs}
    odd = {each.column.name: [None, *_odd(model.encoder, each)] for each in inputs}
    rows = {name: list(cells) for name, cells in ordinary.items()}
    for name, cells in odd.items():
        for i, cell in enumerate(cells):
            for other in rows:
                rows[other].append(cell if other == name else ordinary[other][i % count])
    for cells in rows.values():
        cells.append(None)
    fields, arrays = [], []
    for each in inputs:
        column = each.column
        storage = STORAGES["text" if column.storage == "category" else column.storage].arrow
        cells = [_stored(cell, column.storage) for cell in rows[column.name]]
        arrays.append(pa.array(cells, storage))
        metadata = {KEY: column.form} if column.form else None
        fields.append(pa.field(column.name, storage, metadata=metadata))
    return pa.table(arrays, schema=pa.schema(fields))


def _ordinary(encoder: Encoder, each: Input, count: int, rng: np.random.Generator) -> list[Any]:
    """Values as in training: every level, and both ends of every range."""
    column = each.column
    if column.has_code or column.known_texts:
        levels = encoder.levels.get(column.name, column.known_texts) or (None,)
        return [levels[i] for i in rng.permutation(np.arange(count) % len(levels))]
    low, high = encoder.ranges[encoder.spans[column.name][0].start]
    share = np.concatenate([[0.0, 1.0], rng.random(count - 2)])
    if each.type == NUMBER and not column.is_continuous:
        return list(share.round())
    values = low * (1 - share) + high * share
    return [_day(value) for value in values] if each.type == DATE else values.tolist()


def _odd(encoder: Encoder, each: Input) -> list[Any]:
    column = each.column
    if column.storage == "boolean":
        return []
    if each.type == DATE:
        return list(_DATES)
    if each.type != NUMBER:
        cased = [text.swapcase() for text in (*column.known_texts, *encoder.levels.get(column.name, ())[:3])]
        return [*_TEXTS, *cased]
    if column.has_code or column.known_texts:
        return list(_EXTREMES)
    low, high = encoder.ranges[encoder.spans[column.name][0].start]
    with np.errstate(over="ignore"):
        width = np.float64(high) - low or 1.0
        far = [low - _FAR * width, high + _FAR * width]
    return [*(float(value) for value in far if np.isfinite(value)), *_EXTREMES]


def _day(days: float) -> datetime:
    """A moment so many days after 1970, of those that Python has."""
    moment = datetime(1970, 1, 1)
    latest, earliest = (datetime.max - moment).days - 1, (datetime.min - moment).days + 1
    return moment + timedelta(days=float(np.clip(days, earliest, latest)))


def _stored(cell: Any, storage: str) -> Any:
    """A cell in the storage of its column: levels are texts, whatever the column holds."""
    if cell is None or storage == "timestamp":
        return datetime.fromisoformat(cell) if isinstance(cell, str) else cell
    if storage == "boolean":
        return cell == "true" if isinstance(cell, str) else bool(cell)
    if storage == "number":
        return float(cell)
    return cell if isinstance(cell, str) else number_text(cell)

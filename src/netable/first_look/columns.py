"""The columns of a table: kind and why, spread, examples, and what looks odd."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from netable.config.settings import Settings
from netable.first_look.result import ColumnLook, Role
from netable.report.columns import in_words
from netable.system.wording import counted, percent, quoted, shortened
from netable.table.canonical.casts import convert
from netable.table.canonical.forms import form_of
from netable.table.canonical.marks import mixture_of, why_unusable
from netable.table.canonical.storage import storage_of
from netable.table.kinds import infer_column
from netable.table.kinds.column import Column, ColumnValues
from netable.table.labels import spelled_alike
from netable.table.schema import Schema
from netable.table.spread import Spread, evenly, measure_spread

_EXAMPLES, _LETTERS = 3, 24
# Rows among which examples are looked for.
_FIRST_ROWS = 1_000
_MOSTLY, _ALMOST_ALL = 0.5, 0.99
# Levels that are compared with each other, at most, and rows that they are taken from.
_LEVELS_COMPARED, _ROWS_COMPARED = 2_000, 100_000


def look_at_columns(
    table: pa.Table, schema: Schema, settings: Settings, targets: Iterable[str]
) -> tuple[ColumnLook, ...]:
    """Every column of a canonical table, those that are no features too."""
    features = {column.name: column for column in schema.columns}
    roles = _roles(settings, targets)
    looks = []
    for name in table.column_names:
        column = features.get(name) or infer_column(ColumnValues(name, table.column(name)))
        role = roles.get(name, "input" if column.used else "left out")
        looks.append(_look(table, column, role, settings))
    return tuple(looks)


def _roles(settings: Settings, targets: Iterable[str]) -> dict[str, Role]:
    roles: dict[str, Role] = dict.fromkeys(targets, "target")
    if settings.weight_column:
        roles[settings.weight_column] = "weight"
    if settings.group_column:
        roles[settings.group_column] = "group"
    if settings.time_column in settings.ignore_columns:
        roles[str(settings.time_column)] = "time"
    return roles


def _look(table: pa.Table, column: Column, role: Role, settings: Settings) -> ColumnLook:
    data = table.column(column.name)
    spread = measure_spread(column, data)
    return ColumnLook(
        name=column.name,
        role=role,
        kind=column.setting,
        why=_why(column, settings),
        storage=storage_of(data, column.name),
        form=form_of(table, column.name),
        spread=spread,
        values=in_words(column, spread),
        examples=_examples(data, column.name),
        odd=tuple(_oddities(table, column, spread)),
    )


def _why(column: Column, settings: Settings) -> str:
    if column.reason:
        return column.reason
    return "as asked" if column.name in settings.kinds else column.because


def _examples(data: pa.ChunkedArray, name: str) -> tuple[str, ...]:
    first = data.slice(0, _FIRST_ROWS)
    first = first.cast(pa.string()) if pa.types.is_dictionary(data.type) else first
    few = pc.unique(first).drop_null().slice(0, _EXAMPLES)
    if pa.types.is_timestamp(few.type):
        return tuple(str(value).removesuffix(" 00:00:00") for value in few.to_pylist())
    texts = convert(pa.chunked_array([few]), "text", name).to_pylist()
    return tuple(shortened(text, _LETTERS) for text in texts)


def _oddities(table: pa.Table, column: Column, spread: Spread) -> Iterator[str]:
    if reason := why_unusable(table, column.name):
        yield reason
        return
    if mixture := mixture_of(table, column.name):
        yield str(mixture)
    if _MOSTLY < spread.missing / max(spread.rows, 1) < 1:
        yield f"{percent(spread.missing / spread.rows)} of the cells are missing"
    if not column.used:
        return
    if spread.n_levels > 1 and spread.levels[0][1] >= _ALMOST_ALL:
        level, share = spread.levels[0]
        yield f"{percent(share)} of the values are {shortened(level, _LETTERS)!r}"
    if column.has_code:
        data = table.column(column.name)
        few = data.take(evenly(len(data), _ROWS_COMPARED))
        levels = pc.unique(convert(few, "text", column.name)).drop_null().to_pylist()
        if alike := spelled_alike(levels[:_LEVELS_COMPARED]):
            more = f", and so do {counted(len(alike) - 1, 'other group')}" if alike[1:] else ""
            yield f"{quoted(alike[0])} differ in case or blanks only{more}"
    elif column.is_raw and (odd := column.oddity(column.select(table.column(column.name)), is_chosen=True)):
        yield odd.partition(": ")[0]

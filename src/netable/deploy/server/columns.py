"""The columns of a model as clients need to know them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from netable.model.table_model import TableModel
from netable.system.wording import number
from netable.table.canonical.dates import DAY_FIRST, MONTH_FIRST
from netable.table.canonical.forms import COMMA, COMPACT, OFFSET, unit_of
from netable.table.canonical.storage import number_text
from netable.table.kinds.column import Column

# Levels to list; a column may have a hundred thousand.
_LEVELS_SHOWN = 200
_DIGITS = 4
# How dates of a form are written, for `strftime`.
_DATES = {
    COMPACT: "%Y%m%d",
    DAY_FIRST: "%d/%m/%Y",
    MONTH_FIRST: "%m/%d/%Y",
    OFFSET: "%Y-%m-%dT00:00+00:00",
    "": "%Y-%m-%d",
}
_FIRST_DAY = date(1970, 1, 1)
# That every month has.
_LAST_DAY = 28
# What parts of such a form match: the days up to that one, and years that every form has.
_PARTS = {
    "%d": "(0[1-9]|1[0-9]|2[0-8])",
    "%m": "(0[1-9]|1[0-2])",
    "%Y": "(19|20)[0-9]{2}",
    "%y": "[0-9]{2}",
    "%H": "([01][0-9]|2[0-3])",
    "%M": "[0-5][0-9]",
    "%S": "[0-5][0-9]",
}


def json_type(column: Column) -> str:
    """The type of a value in JSON: number, boolean or string; numbers with a unit are strings."""
    if column.selected_as == "text" or unit_of(column.form)[1]:
        return "string"
    return column.storage if column.storage in ("number", "boolean") else "string"


def v2_type(column: Column) -> str:
    """The datatype of a column in the Open Inference Protocol."""
    return {"number": "FP64", "boolean": "BOOL", "string": "BYTES"}[json_type(column)]


def levels(column: Column, model: TableModel) -> tuple[str, ...]:
    """The texts of a category or a flag in training, the first two hundred; none for free text."""
    if column.known_texts:
        return column.known_texts
    is_category = model.encoder.widths.get(column.name) == 1
    return model.encoder.levels[column.name][:_LEVELS_SHOWN] if is_category else ()


def example(column: Column, model: TableModel) -> Any:
    """A value from the middle of the training table's range, or its first level, as the model reads it."""
    if known := levels(column, model):
        return known[0]
    if json_type(column) == "boolean":
        return True
    if column.storage not in ("number", "timestamp") and not column.is_continuous:
        return "some words"
    low, high = range_of(column, model)
    middle = low / 2 + high / 2 if column.is_continuous else low
    if column.storage == "timestamp":
        day = _FIRST_DAY + timedelta(int(middle))
        return written(day.replace(day=min(day.day, _LAST_DAY)), column)
    return written(float(f"{middle:.{_DIGITS}g}"), column)


def written(value: Any, column: Column) -> Any:
    """A value of a canonical table as a client writes it in JSON."""
    if isinstance(value, datetime) and value.time() != time() and not column.form:
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.strftime(_written(column))
    if not isinstance(value, float) or json_type(column) == "number":
        return value
    form, unit = unit_of(column.form)
    text = number_text(value)
    return unit.replace("#", text.replace(".", ",") if form == COMMA else text) if unit else text


def pattern(column: Column) -> str:
    """A regular expression of texts that the model reads as a date, or as a number with its unit; empty for others."""
    form, unit = unit_of(column.form)
    if column.storage == "timestamp":
        parts = re.split("(%.)", _written(column))
        known = [_PARTS.get(part, "" if part[:1] == "%" else _escaped(part)) for part in parts]
        return f"^{''.join(known)}$" if all(known[1::2]) else ""
    if not unit or column.selected_as == "text":
        return ""
    before, _, after = map(_escaped, unit.partition("#"))
    return f"^{before}-?[0-9]{{1,9}}({',' if form == COMMA else '[.]'}[0-9]{{1,4}})?{after}$"


def _written(column: Column) -> str:
    """How dates of a column are written, for `strftime`."""
    form, unit = unit_of(column.form)
    return unit or _DATES.get(form, _DATES[""])


def _escaped(text: str) -> str:
    return re.sub(r"([\\^$.|?*+(){}\[\]])", r"\\\1", text)


def schema_of_column(column: Column, model: TableModel) -> dict[str, Any]:
    """The JSON schema of a column's values; null is a missing one, which every column may have."""
    kind, shown = json_type(column), example(column, model)
    schema: dict[str, Any] = {
        "type": [kind, "null"],
        "description": f"{column.kind}: {_about(column, model)}",
        "examples": [shown],
        "x-kind": column.kind,
    }
    if (written := pattern(column)) and re.search(written, shown):  # not of years long ago
        schema["pattern"] = written
    if known := levels(column, model):
        schema["x-levels"] = list(known)
    return schema


def _about(column: Column, model: TableModel) -> str:
    known = model.encoder.levels.get(column.name, ())
    if not column.is_continuous:
        return column.seen_as(known)
    low, high = (column.value_at(position) for position in range_of(column, model))
    ends = [end if isinstance(end, str) else number(end) for end in (low, high)]
    return f"in training from {ends[0]} to {ends[1]}"


def range_of(column: Column, model: TableModel) -> tuple[float, float]:
    """The least and the greatest value in training, of a date in days."""
    numbers, _ = model.encoder.spans[column.name]
    return model.encoder.ranges[numbers.start]

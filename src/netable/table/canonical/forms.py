"""The form of a column of texts, such as a decimal comma, so that later files are read as in training.

A form is kept beside a column's storage: in the metadata of an Arrow field, in `Column` and `Target`, and after a
comma in the storage for `read`: "number, decimal comma". A unit is part of the form: "as #%", or "decimal comma, as
# kg" (see `netable.table.canonical.units`). The form of dates that was set, for `datetime.strptime`, is "as %d.%m.%Y".
Plain numbers and columns that were never text have none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netable.config.kinds import is_date_format
from netable.errors import check_choice
from netable.table.canonical import dates, units, values
from netable.table.canonical.marks import why_unusable
from netable.table.canonical.storage import storage_of

KEY = b"netable.form"
_AS = "as "
_OTHERWISE = " If this file is written differently, use decimal=…."


class Form(NamedTuple):
    """A notation of numbers or timestamps, its parser, and the words for it in an error."""

    storage: str
    expected: str
    parse: Callable[[pa.Array], pa.Array]
    hint: str = ""


def _certain_dates(texts: pa.Array, *, has_offset: bool) -> pa.Array:
    fitting = pc.equal(pc.not_equal(dates.offsets_of(texts), ""), has_offset)
    return dates.parse_timestamps(values.where(fitting, texts))


def _day_month_dates(texts: pa.Array, order: str) -> pa.Array:
    fitting = values.where(pc.match_substring_regex(texts, dates.DAY_AND_MONTH), texts)
    return dates.parse_timestamps(fitting, order)


COMMA, POINT = values.COMMA.name, values.GROUPED.name
DURATION, COMPACT = "hours:minutes:seconds", "year month day"
OFFSET, NO_OFFSET = "with offset", "without offset"
FORMS = {
    COMMA: Form("number", "a number with a decimal comma, as in training", values.COMMA.parse, _OTHERWISE),
    POINT: Form("number", "a number with a decimal point, as in training", values.GROUPED.parse, _OTHERWISE),
    OFFSET: Form(
        "timestamp",
        "a timestamp with an offset such as 2011-02-01 12:00+00:00 (in training all had one)",
        lambda texts: _certain_dates(texts, has_offset=True),
    ),
    NO_OFFSET: Form(
        "timestamp",
        "a date or timestamp without an offset such as 2011-02-01 12:00 (in training none had one)",
        lambda texts: _certain_dates(texts, has_offset=False),
    ),
    DURATION: Form("number", "a duration or a time such as 1:02:03, as in training", dates.parse_durations),
    COMPACT: Form("timestamp", "a date such as 20110201, as in training", dates.parse_compact),
    dates.DAY_FIRST: Form(
        "timestamp",
        "a date with the day first such as 28/02/2011, as in training",
        lambda texts: _day_month_dates(texts, dates.DAY_FIRST),
    ),
    dates.MONTH_FIRST: Form(
        "timestamp",
        "a date with the month first such as 02/28/2011, as in training",
        lambda texts: _day_month_dates(texts, dates.MONTH_FIRST),
    ),
}


def form_of_dates(texts: pa.Array) -> str:
    """The form of a column of dates of one order and one time zone."""
    orders = dates.day_month_orders(texts)
    if len(orders) == 1:
        return orders.pop()
    return OFFSET if any(dates.zones(texts)) else NO_OFFSET


def table_with_forms(
    columns: Mapping[str, pa.ChunkedArray], forms: Mapping[str, str], marks: Mapping[str, Mapping[bytes, str]]
) -> pa.Table:
    """The columns as a table, with the form and other marks of each in the metadata of its field."""
    metadata = {
        name: {**marks.get(name, {}), **({KEY: form} if form else {})} for name, form in forms.items()
    }
    fields = [
        pa.field(name, column.type, metadata=metadata[name] or None) for name, column in columns.items()
    ]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def form_of(table: pa.Table, name: str) -> str:
    """The form of a column of a canonical table, or ""."""
    return form_of_field(table.schema.field(name), table.column(name))


def form_of_field(field: pa.Field, data: pa.ChunkedArray) -> str:
    """The form in a field's metadata if it suits the canonical column, else ""."""
    form = str((field.metadata or {}).get(KEY, b""), "utf-8", "replace")
    return form if form and _suits(form, storage_of(data, field.name)) else ""


def storages(table: pa.Table) -> dict[str, str]:
    """The storage and form of each usable column of a canonical table, by which `read` reads another file."""
    return {
        n: join(storage_of(table.column(n), n), form_of(table, n))
        for n in table.column_names
        if not why_unusable(table, n)
    }


def join(storage: str, form: str) -> str:
    """Join a storage and its form for `read`."""
    return f"{storage}, {form}" if form else storage


def split(wanted: str) -> tuple[str, str]:
    """Split what `join` joined."""
    storage, _, form = wanted.partition(", ")
    if form:
        check_form(form, storage)
    return storage, form


def with_unit(form: str, unit: str) -> str:
    """Add a unit to a form of numbers, or to none that of written dates."""
    return ", ".join(part for part in (form, unit and _AS + unit) if part)


def unit_of(form: str) -> tuple[str, str]:
    """Split a form into that of the numbers alone and the unit, or "". Written dates have theirs in its place."""
    base, separator, unit = f", {form}".partition(f", {_AS}")
    return (base[2:], unit) if separator else (form, "")


_SUITED = {"number": units.is_unit, "timestamp": is_date_format}


def _suits(form: str, storage: str) -> bool:
    base, unit = unit_of(form)
    if unit and not (_SUITED[storage](unit) if storage in _SUITED else False):
        return False
    return base in FORMS and FORMS[base].storage == storage if base else bool(unit)


def check_form(form: object, storage: str) -> None:
    """Refuse a form that does not exist for a storage.

    Raises
    ------
    ConfigError
        If `form` is neither "" nor a form of `storage`.
    """
    known = [name for name, known in FORMS.items() if known.storage == storage]
    if isinstance(form, str) and form and _suits(form, storage):
        return
    check_choice(f"The form of a column stored as {storage}", form, ["", *known])

"""Canonical tables: columns of five storage types, chosen by value or as asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from netable.config.kinds import date_formats
from netable.config.reading import ReadOptions
from netable.errors import DataError, DataTypeError, SchemaError
from netable.system.notes import Notes
from netable.table.canonical import dates, forms, units, values
from netable.table.canonical.arrow import LONG_INTEGERS, is_text_type, plain_column
from netable.table.canonical.casts import cast_column, check_offsets, the_form
from netable.table.canonical.marks import Mixture, check_usable, unusable
from netable.table.canonical.storage import number_texts
from netable.table.canonical.together import plain_numbers
from netable.table.canonical.values import Spellings

MOSTLY = 0.5
# Fewer cells that look like numbers with a unit are exceptions in a column of words.
UNITS_ABOVE = 0.1
PANDAS_INDEX = re.compile(r"__index_level_\d+__")

MISSING = "read as missing: {}"
UNNAMED = "columns without a name are called {}"
MIXED = "mostly numbers, but kept as text for the rest: {}"
CODES = "kept as text, because whole numbers with leading zeros are codes: {}"
DECIMAL_COMMA = "the comma is read as the decimal mark in {}; decimal='.' overrides this"
THOUSANDS = "commas, blanks or apostrophes between thousands are removed from the numbers in {}"
UNIT = "read as numbers, without the unit in every cell; later tables must have it too: {}"
UNITS = (
    "kept as text, though many cells look like numbers with a unit or in brackets, because these differ between cells "
    "or are not known; to use the numbers, remove them: {}"
)
NEGATIVE = "minus signs behind numbers and brackets around them are read as negative in {}"
COMPACT = "numbers of eight digits that are all dates, such as 20110201, are read as dates in {}"
DURATION = "read as seconds: {}"
LOOKS = (
    "kept as text, though these look like dates or times, because they cannot be read with certainty; write 2011-02-01 "
    "15:04:05, or set the kind with the form, such as date:%d.%m.%y: {}"
)
DAY_OR_MONTH = (
    "kept as text, because day and month cannot be told apart; write 2011-02-01, or set the kind with the form, such "
    "as date:%d.%m.%Y: {}"
)


def canonical_table(
    table: pa.Table,
    *,
    notes: Notes,
    options: ReadOptions,
    storage: Mapping[str, str] | None,
    columns: Collection[str] | None = None,
) -> pa.Table:
    """Type every column by its values, or cast it to the given storage; keep the form of its texts in the metadata.

    Raises
    ------
    SchemaError
        If two columns have the same name.
    DataError
        If a text is ambiguous, or a value does not fit the given storage.
    DataTypeError
        If a column in `storage` is of a type that is not supported.

    Columns that cannot be read, and are of a type that is not supported, ignored, or not in `storage`, are read as
    missing, with a mark.
    """
    table = table.select([i for i, n in enumerate(table.column_names) if not PANDAS_INDEX.fullmatch(n)])
    table = table.rename_columns(tidy_names(table.column_names, notes))
    written_dates = {
        name: forms.join("timestamp", forms.with_unit("", form))
        for name, form in date_formats(options.kinds).items()
    }
    asked = written_dates if storage is None else storage
    typed, written = {}, {}
    marks: dict[str, Mapping[bytes, str]] = {}
    among = {*table.column_names} if columns is None else {*columns}
    chosen = [name for name in table.column_names if name in among]
    plain_columns = plain_numbers({name: table.column(name) for name in chosen if name not in asked}, options)
    # Columns that were not asked for beside others are of no concern to the reader of notes.
    other_notes = notes if storage is None else Notes(notes.source)
    for name in chosen:
        field, form = table.field(name), ""
        try:
            check_usable(table, [name])
            if name in plain_columns:
                typed[name] = plain_columns[name]
            elif name in asked:
                typed[name], form = _as_asked(table.column(name), field, asked[name], notes, options)
            else:
                plain = plain_column(table.column(name), name, notes)
                typed[name], form = _by_value(plain, name, options, other_notes, marks)
        except (DataError, DataTypeError) as error:
            is_needed = isinstance(error, DataError) and name not in options.ignore_columns
            if is_needed if storage is None else name in storage:
                raise
            typed[name] = pa.chunked_array([pa.nulls(table.num_rows, pa.float64())])
            marks[name] = unusable(error)
        # A table that was read before keeps its forms.
        written[name] = form or forms.form_of_field(field, typed[name])
    if not options.decimal:
        free = {name: table.column(name) for name in typed if name not in {*asked, *options.ignore_columns}}
        _check_points(free, written, notes.source)
    # A table without columns would forget how many rows it has.
    return forms.table_with_forms(typed, written, marks) if typed else table.select([])


def _as_asked(
    column: pa.ChunkedArray, field: pa.Field, wanted: str, notes: Notes, options: ReadOptions
) -> tuple[pa.ChunkedArray, str]:
    """A column cast to a storage, and the form of its texts."""
    if wanted in ("text", "category") and types.is_integer(column.type):
        column = column.cast(pa.string())  # as numbers, long ones would lose their last digits
    plain = plain_column(column, field.name, notes)
    before = forms.form_of_field(field, plain) if types.is_floating(plain.type) else ""
    return cast_column(plain, wanted, field.name, notes.source, options, before), forms.split(wanted)[1]


def _check_points(columns: Mapping[str, pa.ChunkedArray], written: Mapping[str, str], source: str) -> None:
    """Refuse points before three digits beside decimal commas: they may separate thousands."""
    commas = [name for name in columns if forms.COMMA in written[name]]
    for name, column in columns.items():
        if not commas or written[name] or not is_text_type(column.type):
            continue
        pointed = pc.unique(column.filter(pc.match_substring(column, ".")))
        if len(pointed) and pc.all(pc.match_substring_regex(pointed, values.POINT_BEFORE_THREE)).as_py():
            raise DataError(
                f"{source}, column {name!r}: {pointed[0].as_py()!r} may hold a decimal point or one between "
                f"thousands, as {commas[0]!r} has decimal commas. Choose the mark: decimal=',' or decimal='.'."
            )


def tidy_names(names: Sequence[str], notes: Notes) -> list[str]:
    """Strip the names of columns, and number the empty ones.

    Raises
    ------
    SchemaError
        If two columns have the same name.
    """
    tidied = [name.strip() or f"column_{number}" for number, name in enumerate(names, 1)]
    double = [name for name, count in Counter(tidied).items() if count > 1]
    if double:
        raise SchemaError(
            f"{notes.source}: every column needs a name of its own, but several are called "
            f"{', '.join(map(repr, double))}. Rename them."
        )
    for name, tidy in zip(names, tidied, strict=True):
        if not name.strip():
            notes.add(UNNAMED, repr(tidy))
    return tidied


def _by_value(
    column: pa.ChunkedArray,
    name: str,
    options: ReadOptions,
    notes: Notes,
    marks: dict[str, Mapping[bytes, str]],
) -> tuple[pa.ChunkedArray, str]:
    is_category = types.is_dictionary(column.type)
    if not is_category and not is_text_type(column.type):
        return _dates_or(column, name, notes)
    spellings = values.spell(column)
    texts = values.without(spellings.texts, options.missing)
    typed, form = (None, "") if is_category else _typed(spellings, texts, name, options, notes)
    if typed is None and not is_category:
        _note_mixture(spellings, texts, name, options, notes, marks)
    words = options.missing if typed is None else options.missing + options.missing_among_numbers
    _note_missing(spellings, words, name, notes)
    if is_category:
        return pa.chunked_array([spellings.categories(values.tidy(texts))]), ""
    return pa.chunked_array([spellings.spread(values.tidy(texts) if typed is None else typed)]), form


def _dates_or(column: pa.ChunkedArray, name: str, notes: Notes) -> tuple[pa.ChunkedArray, str]:
    """Numbers of eight digits that are all dates, as in text, else the column."""
    if not types.is_floating(column.type) or column.null_count == len(column):
        return column, ""
    bounds = pc.min_max(column).as_py()
    if not (19_000_101 <= bounds["min"] <= bounds["max"] <= 20_991_231):
        return column, ""
    spellings = values.spell(number_texts(column))
    if not dates.are_compact(spellings.texts):
        return column, ""
    notes.add(COMPACT, repr(name))
    return pa.chunked_array([spellings.spread(dates.parse_compact(spellings.texts))]), forms.COMPACT


def _typed(
    spellings: Spellings, texts: pa.Array, name: str, options: ReadOptions, notes: Notes
) -> tuple[pa.Array | None, str]:
    """The values of the texts, or None if they are texts only; and their form."""
    if texts.null_count == len(texts):
        return pa.nulls(len(texts), pa.float64()), ""
    texts = values.without(texts, options.missing_among_numbers)
    if texts.null_count == len(texts):
        return None, ""
    booleans = values.parse_booleans(texts)
    if values.all_parsed(booleans, texts):
        return booleans, ""
    unit = units.unit_of(texts)
    bare = units.without_unit(texts, unit) if unit else texts
    numbers, form = _numbers(bare, name, options, notes)
    if numbers is not None:
        if not unit and dates.are_compact(texts):
            notes.add(COMPACT, repr(name))
            return dates.parse_compact(texts), forms.COMPACT
        if unit:
            notes.add(UNIT, f"{name!r} ({unit!r})")
        return numbers, forms.with_unit(form, unit)
    timestamps = dates.parse_dates(texts)
    if values.all_parsed(timestamps, texts):
        check_offsets(texts, name, notes.source)
        return timestamps, forms.form_of_dates(texts)
    if dates.are_durations(texts):
        notes.add(DURATION, repr(name))
        return dates.parse_durations(texts), forms.DURATION
    if len(dates.day_month_orders(texts)) > 1:
        notes.add(DAY_OR_MONTH, repr(name))
    else:
        _note_looks(spellings, texts, name, notes)
    return None, ""


def _numbers(texts: pa.Array, name: str, options: ReadOptions, notes: Notes) -> tuple[pa.Array | None, str]:
    possible = values.number_forms(texts, options.decimal)
    if not possible:
        return None, ""
    if pc.any(pc.match_substring_regex(texts, values.LEADING_ZERO)).as_py():
        notes.add(CODES, repr(name))
        return None, ""
    form = the_form(possible, texts, name, notes.source)
    numbers = form.parse(texts)
    if form.name and pc.any(pc.match_substring_regex(texts, values.NEGATIVE)).as_py():
        notes.add(NEGATIVE, repr(name))
    if form is values.GROUPED and pc.any(pc.match_substring_regex(texts, values.SEPARATED)).as_py():
        notes.add(THOUSANDS, repr(name))
    elif form is values.COMMA and options.decimal is None:
        notes.add(DECIMAL_COMMA, repr(name))
    is_long = pc.match_substring_regex(texts, values.LONG_INTEGER)
    if pc.any(pc.and_(is_long, pc.greater_equal(pc.abs(numbers), values.TOO_LONG_INTEGER))).as_py():
        notes.add(LONG_INTEGERS, repr(name))
    return numbers, form.name or (forms.POINT if options.decimal == "." else "")


def _note_missing(spellings: Spellings, words: Sequence[str], name: str, notes: Notes) -> None:
    is_missing = pc.is_in(spellings.texts, pa.array([word for word in words if word], pa.string()))
    texts = spellings.texts.filter(is_missing).to_pylist()
    counts = zip(texts, spellings.counts()[is_missing], strict=True) if texts else ()
    if listed := ", ".join(f"{count:,} × {text!r}" for text, count in counts if count):
        notes.add(MISSING, f"{name!r} {listed}")


def _note_mixture(
    spellings: Spellings,
    texts: pa.Array,
    name: str,
    options: ReadOptions,
    notes: Notes,
    marks: dict[str, Mapping[bytes, str]],
) -> None:
    texts = values.without(texts, options.missing_among_numbers)
    counts = spellings.counts()
    total = int(counts[pc.is_valid(texts)].sum())
    with_unit = units.look_like_numbers(texts)
    is_other = values.unparsed(values.usual_form(options.decimal).parse(texts), texts)
    n_other, n_with_unit = int(counts[is_other].sum()), counts[with_unit].sum()
    if n_with_unit > UNITS_ABOVE * total and total - n_other + n_with_unit > MOSTLY * total:
        notes.add(UNITS, f"{name!r} (such as {_examples(spellings, with_unit, 2)})")
    elif 0 < n_other < (1 - MOSTLY) * total:
        mixture = Mixture(n_other, total, _examples(spellings, is_other, 3))
        marks[name] = mixture.mark
        notes.add(MIXED, f"{name!r} ({n_other:,} of {total:,}, such as {mixture.examples})")


def _note_looks(spellings: Spellings, texts: pa.Array, name: str, notes: Notes) -> None:
    looks = pc.fill_null(pc.match_substring_regex(texts, dates.LOOKS), False)
    if pc.sum(looks).as_py() > MOSTLY * (len(texts) - texts.null_count):
        unread = pc.and_(pc.is_valid(texts), pc.is_null(dates.parse_timestamps(texts)))
        notes.add(LOOKS, f"{name!r} (such as {_examples(spellings, unread, 3)})")


def _examples(spellings: Spellings, chosen: pa.Array, most: int) -> str:
    return ", ".join(f"{text!r} in row {row:,}" for row, text in spellings.first_rows(chosen, most))

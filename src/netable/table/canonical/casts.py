"""Columns cast to a given storage and form, such as those of a model, and converted without loss."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from netable.config.kinds import EXAMPLE
from netable.config.reading import ReadOptions
from netable.errors import DataError, check_choice
from netable.table.canonical import dates, forms, units, values
from netable.table.canonical.arrow import is_text_type
from netable.table.canonical.messages import row_list
from netable.table.canonical.storage import STORAGES, number_texts, storage_of
from netable.table.canonical.values import NumberForm

# Parsers of texts that `convert` accepts.
_PARSERS = {"number": values.PLAIN.parse, "timestamp": forms.FORMS[forms.NO_OFFSET].parse}


def cast_column(
    column: pa.ChunkedArray, storage: str, name: str, source: str, options: ReadOptions, written: str = ""
) -> pa.ChunkedArray:
    """Cast a column to a storage: number, boolean, timestamp, text or category.

    Parameters
    ----------
    storage : str
        The storage, with a form after a comma if its texts have one; see `netable.table.canonical.forms`.
    written : str
        The form of the texts from which a column of numbers was read.

    Raises
    ------
    DataError
        If a value does not fit (the error names the first row), or numbers lack their unit.
    """
    storage, form = forms.split(storage)
    check_choice("storage", storage, STORAGES)
    form, unit = forms.unit_of(form)
    if form in (forms.COMMA, forms.POINT) and options.decimal:
        form = ""  # the option is about this file, the form about that of the training
    if column.type == STORAGES[storage].arrow and storage in ("number", "boolean", "timestamp"):
        if storage == "number":
            _check_unit(column, unit, forms.unit_of(written)[1], name, source)
        return column
    spellings = values.spell(text_column(column))
    texts = values.without(spellings.texts, options.missing)
    if storage == "category":
        return pa.chunked_array([spellings.categories(values.tidy(texts))])
    if storage == "text":
        return pa.chunked_array([spellings.spread(values.tidy(texts))])
    texts = values.without(texts, options.missing_among_numbers)
    if unit and storage == "timestamp":
        parsed = dates.parse_written(texts, unit)
    else:
        bare = units.without_unit(texts, unit) if unit else texts
        parsed = _parsed(bare, storage, form, name, source, options)
    for row, text in spellings.first_rows(values.unparsed(parsed, texts), 1):
        expected, hint = _expected(storage, form, unit, options.decimal)
        raise DataError(f"{source}, row {row:,}, column {name!r}: expected {expected}, got {text!r}.{hint}")
    if storage == "timestamp" and not unit:
        check_offsets(texts, name, source)
    return pa.chunked_array([spellings.spread(parsed)])


def _expected(storage: str, form: str, unit: str, decimal: str | None) -> tuple[str, str]:
    """The words for a value in an error, and a hint to end it with."""
    expected, hint = STORAGES[storage].expected, ""
    if form:
        expected, hint = forms.FORMS[form].expected, forms.FORMS[form].hint
    elif storage == "number" and decimal:
        expected = f"a number with the decimal mark {decimal!r}"
    if unit and storage == "timestamp":
        return f"a date such as {EXAMPLE.strftime(unit)!r} ({unit})", ""
    if unit:
        return f"{expected.removesuffix(', as in training')} written as {unit!r}, as in training", ""
    return expected, hint


def _check_unit(column: pa.ChunkedArray, unit: str, written: str, name: str, source: str) -> None:
    # Without the unit, 0.202 may be 20.2% or 0.202%.
    if unit != written and unit and column.null_count < len(column):
        raise DataError(
            f"{source}, column {name!r}: expected numbers written as {unit!r}, as in training, got plain ones, such as "
            f"{column.drop_null()[0].as_py()!r}. Write them with the unit, or train again without it."
        )


def _parsed(
    texts: pa.Array, storage: str, form: str, name: str, source: str, options: ReadOptions
) -> pa.Array:
    if storage == "boolean":
        return values.parse_booleans(texts, digits=True)
    if storage == "timestamp":
        return forms.FORMS[form].parse(texts) if form else dates.parse_dates(texts)
    booleans = values.parse_booleans(texts)
    if values.all_parsed(booleans, texts):
        return booleans.cast(pa.float64())
    if form:
        return forms.FORMS[form].parse(texts)
    possible = values.number_forms(texts, options.decimal)
    if possible:
        return the_form(possible, texts, name, source).parse(texts)
    return values.usual_form(options.decimal).parse(texts)


def the_form(possible: list[NumberForm], texts: pa.Array, name: str, source: str) -> NumberForm:
    """The form of numbers, if only one is possible.

    Raises
    ------
    DataError
        If the comma may be a decimal mark or a separator of thousands.
    """
    if len(possible) > 1:
        example = texts.filter(pc.match_substring(texts, ","))[0].as_py()
        raise DataError(
            f"{source}, column {name!r}: {example!r} is {values.COMMA.parse(pa.array([example]))[0]} or "
            f"{values.GROUPED.parse(pa.array([example]))[0]}. Choose the mark: decimal=',' or decimal='.'."
        )
    return possible[0]


def check_offsets(texts: pa.Array, name: str, source: str) -> None:
    """Refuse timestamps of which only some have an offset from UTC; different offsets are certain.

    Raises
    ------
    DataError
        If only some timestamps have an offset.
    """
    zones = dates.zones(texts)
    if len(zones) > 1 and "" in zones:
        offsets = ", ".join(repr(zone) if zone else "none" for zone in zones)
        raise DataError(
            f"{source}, column {name!r}: expected timestamps with an offset from UTC or without, got both: {offsets}. "
            "Write them all in UTC."
        )


def text_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A plain column as texts, as an export to CSV would write them; categories stay categories."""
    kind = column.type
    if types.is_dictionary(kind) or is_text_type(kind):
        return column
    if types.is_boolean(kind):
        return pc.if_else(column, "True", "False")
    if types.is_timestamp(kind):
        return pc.replace_substring_regex(column.cast(pa.string()), r"(?: 00:00:00)?\.?0*$", "")
    return number_texts(column)


def lenient_numbers(data: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Convert a canonical column to numbers; texts that are no numbers become missing values."""
    if storage_of(data, name) not in ("text", "category"):
        return convert(data, "number", name)
    spellings = values.spell(data)
    return pa.chunked_array([spellings.spread(values.PLAIN.parse(spellings.texts))])


def convert(data: pa.ChunkedArray, storage: str, name: str) -> pa.ChunkedArray:
    """Convert a canonical column to numbers, texts or timestamps.

    Raises
    ------
    DataError
        If a value does not fit `storage`; the error names its row.
    """
    current = storage_of(data, name)
    if current == storage:
        return data
    wanted = STORAGES[storage]
    if data.null_count == len(data):
        return pa.chunked_array([pa.nulls(len(data), wanted.arrow)])
    if storage == "text":
        return number_texts(data) if current == "number" else data.cast(pa.string())
    if current == "boolean" and storage == "number":
        return data.cast(pa.int8()).cast(pa.float64())
    if current not in ("text", "category"):
        raise DataError(f"Column {name!r} holds {STORAGES[current].plural}; {wanted.plural} are expected.")
    spellings = values.spell(data)
    parsed = _PARSERS[storage](spellings.texts)
    for row, text in spellings.first_rows(values.unparsed(parsed, spellings.texts), 1):
        raise DataError(
            f"Column {name!r} holds {text!r} in {row_list([row - 1])}; {wanted.expected} is expected."
        )
    return pa.chunked_array([spellings.spread(parsed)])

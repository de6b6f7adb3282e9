"""Raw columns as numbers and codes, as `netable.table.encode` encodes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from netable.deploy.c.source import Source, number
from netable.deploy.contract.inputs import DATE, TEXT, Input
from netable.deploy.contract.levels import (
    codes_of_texts,
    codes_of_values,
    flags_of_values,
    spellings,
    words_like_levels,
)
from netable.table.encode import Encoder
from netable.table.kinds.date import DAY, YEAR, Date, on_circle
from netable.table.kinds.flag import Flag

MINUTE = 60_000_000  # microseconds


def add_encode(
    source: Source, inputs: Sequence[Input], encoder: Encoder, missing_words: Sequence[str]
) -> None:
    """Add the function `encode`, from a row to its numbers and codes.

    Parameters
    ----------
    missing_words : sequence of str
        Texts that mean a missing value.
    """
    body: list[str] = []
    for place, each in enumerate(inputs):
        numbers, codes = encoder.spans[each.column.name]
        if each.column.has_code:
            levels = encoder.levels[each.column.name]
            body += _codes(source, each, place, codes.start, levels, missing_words)
        else:
            offsets = encoder.offsets[numbers]
            body += _numbers(source, each, place, numbers.start, offsets, missing_words)
    source.function("static void encode(const struct row *row, struct encoded *encoded)", body)


def _add_calendar(source: Source, *, has_time: bool) -> None:
    """Sines and cosines of days and minutes, to the last bit as the encoder has them, under the names of the library.

    Some are equal but for rounding, and networks may scale such differences up.
    """
    minutes = DAY // MINUTE
    turns = {"season": np.arange(366) / YEAR, "week": np.arange(7) / 7}
    turns |= {"hours": np.arange(minutes) / minutes} if has_time else {}
    for name, shares in turns.items():
        source.table(name, np.stack(on_circle(shares), 1))


def _numbers(
    source: Source,
    each: Input,
    place: int,
    start: int,
    offsets: Sequence[float],
    missing_words: Sequence[str],
) -> Iterator[str]:
    column, field = each.column, f"row->{each.name}"
    if isinstance(column, Date):
        put = "put_moment" if column.has_time else "put_day"
        _add_calendar(source, has_time=column.has_time)
        table = source.table(f"offsets_{place}", np.array(offsets))
        yield f"{put}({field}, {table}, {start}, encoded);"
        return
    if isinstance(column, Flag) and column.levels:
        if each.type == TEXT:
            _add_flag_of_texts(source, place, column.levels, missing_words)
            value = f"flag_{place}({field})"
        else:
            keys = flags_of_values(each, column.levels)
            value = _place(source, each, place, keys)
            flags = source.table(f"flags_{place}", np.array([*_sorted(keys).values()]))
            value = f"flag_at({value}, {flags})"
    else:
        value = field
    yield f"put_number({value}, {number(offsets[0])}, {start}, encoded);"


def _codes(
    source: Source, each: Input, place: int, start: int, levels: Sequence[str], missing_words: Sequence[str]
) -> Iterator[str]:
    field = f"row->{each.name}"
    if each.type == TEXT:
        codes = codes_of_texts(levels, missing_words)
        texts = sorted(codes, key=str.encode)
        known = source.texts(f"texts_{place}", texts)
        values = source.table(f"codes_{place}", np.array([codes[text] for text in texts], np.int32))
        found = f"code_at(place_of_text({field}, {known}, {len(texts)}), {values})"
        yield f"encoded->codes[{start}] = {field} ? {found} : 0;"
        return
    of_keys = {key: code for key, code in codes_of_values(each, levels).items() if key == key}
    values = source.table(f"codes_{place}", np.array([*_sorted(of_keys).values()], np.int32))
    found = f"code_at({_place(source, each, place, of_keys)}, {values})"
    yield f"encoded->codes[{start}] = {found if each.type == DATE else f'isnan({field}) ? 0 : {found}'};"


def _place(source: Source, each: Input, place: int, keys: Mapping[float | int, float]) -> str:
    """The place of a value that is no text among known ones, -1 for others."""
    kind, search = (np.int64, "whole") if each.type == DATE else (np.float64, "number")
    known = source.table(f"values_{place}", np.array(list(_sorted(keys)), kind))
    return f"place_of_{search}(row->{each.name}, {known}, {len(keys)})"


def _sorted(keys: Mapping[float | int, float]) -> dict[float | int, float]:
    return dict(sorted(keys.items()))


def _add_flag_of_texts(
    source: Source, place: int, levels: Sequence[str], missing_words: Sequence[str]
) -> None:
    """A function from a text to 0 or 1 for two texts in any case, NaN for all others."""
    body = ["if (!text)", "    return NAN;"]
    if words := sorted(words_like_levels(levels, missing_words), key=str.encode):
        table = source.texts(f"words_{place}", words)
        body += [f"if (place_of_text(text, {table}, {len(words)}) >= 0)", "    return NAN;"]
    for i, level in enumerate(levels):
        forms = [form for letter in spellings(level) for form in (*letter, None)]
        table = source.texts(f"forms_{place}_{i}", [*forms, None])
        body += [f"if (is_spelled(text, {table}))", f"    return {i};"]
    source.function(f"static double flag_{place}(const char *text)", [*body, "return NAN;"])

"""Raw columns as numbers and codes, as `netable.table.encode` encodes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from netable.deploy.contract.inputs import DATE, NO_DATE, NUMBER, TEXT, Input
from netable.deploy.contract.levels import (
    codes_of_texts,
    codes_of_values,
    flags_of_values,
    spellings,
    words_like_levels,
)
from netable.deploy.onnx.calendar import date_numbers, whole
from netable.deploy.onnx.graph import ML, Array, Graph, Value, tensor_of
from netable.deploy.onnx.iso import moments_of
from netable.nn.codes import UNSEEN
from netable.table.encode import LARGEST, Encoder
from netable.table.kinds.date import Date
from netable.table.kinds.flag import Flag


class Encoding(NamedTuple):
    """Rows as numbers and codes.

    Shape
    -----
    numbers : (rows, d_num), in the network's type, any finite number where missing; None without numbers
    missing : (rows, d_num), bool; None without numbers
    codes : (rows, d_cat), int64; None without categories
    """

    numbers: Value | None
    missing: Value | None
    codes: Value | None


def encode(
    graph: Graph,
    inputs: Sequence[Input],
    encoder: Encoder,
    missing_words: Sequence[str],
    dtype: np.dtype[Any],
) -> Encoding:
    """Add the inputs, and their encoding.

    Parameters
    ----------
    missing_words : sequence of str
        Texts that mean a missing value.
    dtype : numpy dtype
        Of the network.
    """
    for each in inputs:
        graph.input(each.name, np.str_ if each.dtype == "str" else np.dtype(each.dtype).type, ["rows", 1])
    parts, codes = [], []
    for each in inputs:
        if each.column.has_code:
            codes.append(_codes(graph, each, encoder.levels[each.column.name], missing_words))
        else:
            parts.append(_numbers(graph, each, missing_words))
    numbers, missing = _joined(graph, parts, encoder, dtype) if parts else (None, None)
    return Encoding(numbers, missing, graph.op("Concat", *codes, axis=1) if codes else None)


class _Part(NamedTuple):
    """The numbers of a column: the input itself, in its type, or float64 computed from it."""

    value: Value
    is_input: bool


def _joined(
    graph: Graph, parts: Sequence[_Part], encoder: Encoder, dtype: np.dtype[Any]
) -> tuple[Value, Value]:
    """All numbers less their offsets, and which are missing."""
    runs = []
    for is_input, run in groupby(parts, key=lambda part: part.is_input):
        joined = graph.op("Concat", *(part.value for part in run), axis=1)
        runs.append(graph.cast(joined, np.float64) if is_input else joined)
    numbers = graph.op("Concat", *runs, axis=1) if len(runs) > 1 else runs[0]
    missing = graph.op("IsNaN", numbers)
    if any(encoder.offsets):
        numbers = graph.op("Sub", numbers, np.array([encoder.offsets]))
    limit = np.array(LARGEST[dtype], dtype)
    return graph.op("Clip", graph.cast(numbers, dtype), -limit, limit), missing


def _numbers(graph: Graph, each: Input, missing_words: Sequence[str]) -> _Part:
    column = each.column
    if isinstance(column, Date):
        moment, missing = _moments(graph, each)
        return _Part(date_numbers(graph, moment, missing, has_time=column.has_time), False)
    if isinstance(column, Flag) and column.levels:
        if each.type == TEXT:
            return _Part(_flag_of_texts(graph, each.name, column.levels, missing_words), False)
        return _Part(_looked_up(graph, each, flags_of_values(each, column.levels), np.nan), False)
    return _Part(each.name, True)


def _moments(graph: Graph, each: Input) -> tuple[Value, Value]:
    """Microseconds since 1970, and which are missing."""
    if each.dtype == "str":
        return moments_of(graph, each.name)
    return each.name, graph.op("Equal", each.name, whole(NO_DATE))


def _codes(graph: Graph, each: Input, levels: Sequence[str], missing_words: Sequence[str]) -> Value:
    if each.type == TEXT:
        codes = codes_of_texts(levels, missing_words)
        keys, values = list(codes), list(codes.values())
        return graph.op(
            "LabelEncoder",
            each.name,
            domain=ML,
            keys_strings=keys,
            values_int64s=values,
            default_int64=UNSEEN,
        )
    return _looked_up(graph, each, codes_of_values(each, levels), UNSEEN)


def _looked_up(graph: Graph, each: Input, values: dict[Any, Any], otherwise: float) -> Value:
    """The values of the keys of an input that holds no texts."""
    kind = np.int64 if isinstance(otherwise, int) else np.float64
    tables = {
        "keys_tensor": np.array(list(values), np.int64 if each.type == DATE else np.float64),
        "values_tensor": np.array(list(values.values()), kind),
        "default_tensor": np.array([otherwise], kind),
    }
    if each.type == NUMBER:
        value = graph.cast(each.name, np.float64)
    else:
        moment, missing = _moments(graph, each)
        value = graph.op("Where", missing, whole(NO_DATE), moment)
    return graph.op("LabelEncoder", value, domain=ML, **{n: tensor_of(t) for n, t in tables.items()})


def _flag_of_texts(graph: Graph, texts: Value, levels: Sequence[str], missing_words: Sequence[str]) -> Value:
    """0 and 1 for two texts in any case, NaN for all others: (rows, 1) → the same."""
    numbers: Value | Array = np.array([[np.nan]])
    for place, level in enumerate(levels):
        fits = graph.op("RegexFullMatch", texts, pattern=_in_any_case(level))
        numbers = graph.op("Where", fits, np.array([[float(place)]]), numbers)
    for word in words_like_levels(levels, missing_words):
        is_word = graph.op("Equal", texts, np.array([[word]], dtype=object))
        numbers = graph.op("Where", is_word, np.array([[np.nan]]), numbers)
    return str(numbers)


def _in_any_case(text: str) -> str:
    """A pattern of all texts that are this one in lower case."""
    letters = ("".join(f"\\x{{{ord(form):x}}}" for form in forms) for forms in spellings(text))
    return "".join(f"[{forms}]" for forms in letters)

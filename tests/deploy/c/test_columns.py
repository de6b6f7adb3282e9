from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from c_code import compiled, needs_gcc, pointer
from export_cases import COLUMNS, Column, column_of
from netable.config.exports import EXPORT_DEFAULTS
from netable.deploy.c.columns import add_encode
from netable.deploy.c.source import Source
from netable.deploy.contract.inputs import TEXT, inputs_of
from netable.table.encode import Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema

pytestmark = needs_gcc

_ENCODED = [("numbers", ctypes.c_double * 16), ("missing", ctypes.c_ubyte * 16), ("codes", ctypes.c_int * 16)]


class _Encoded(ctypes.Structure):
    _fields_ = _ENCODED


def encoded(column: Column) -> list[Any]:
    """What C makes of the cells of a column: numbers or codes."""
    each, found = column.input, []
    c_type = "const char *" if each.type == TEXT else f"{'double' if each.dtype == 'float64' else 'int64_t'} "

    def build(source: Source) -> None:
        add_encode(source, [each], column.encoder, ("", "NA"))
        head = "void call(const struct row *row, struct encoded *encoded)"
        source.function(head, ["encode(row, encoded);"])

    code = compiled(build, fields=f"    {c_type}c;")
    for value in each.feed(column.cells)[:, 0]:
        if each.type == TEXT:
            row = np.array([ctypes.cast(text := ctypes.c_char_p(value.encode()), ctypes.c_void_p).value])
        else:
            row, text = np.array([value]), None
        out = _Encoded()
        code.call(pointer(row), ctypes.byref(out))
        del text
        numbers = np.where(out.missing, np.nan, out.numbers)[: column.encoder.d_num].tolist()
        found.append(numbers or [out.codes[0]])
    return found


@pytest.mark.parametrize(("training", "kind", "cells"), COLUMNS)
def test_encode__column__is_as_the_encoder_has_it(training: list[Any], kind: str, cells: list[Any]) -> None:
    column = column_of(training, kind, cells)

    np.testing.assert_allclose(encoded(column), column.expected, rtol=1e-12, atol=1e-9)


def test_encode__missing_word_in_another_case_than_a_level__is_missing() -> None:
    table = read(pa.table({"c": ["yes", "no"]}))
    schema, selected = Schema.infer(table)
    encoder, inputs = Encoder.learn(schema, selected), inputs_of(schema, EXPORT_DEFAULTS)

    def build(source: Source) -> None:
        add_encode(source, inputs, encoder, ("No",))
        lines = ["struct row row = {text};", "struct encoded encoded;", "", "encode(&row, &encoded);"]
        source.function("int call(const char *text)", [*lines, "return encoded.missing[0];"])

    code = compiled(build, fields="    const char *c;")

    assert [code.call(text) for text in (b"no", b"No", b"NO", None)] == [0, 1, 0, 1]

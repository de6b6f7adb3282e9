from __future__ import annotations

import ctypes
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from c_code import compiled, needs_gcc, pointer
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


def encoded(training: list[Any], kind: str, cells: list[Any]) -> tuple[list[Any], list[Any]]:
    """What C and the encoder make of cells, for a column that was trained on others: numbers or codes."""
    table = read(pa.table({"c": training}))
    schema, selected = Schema.infer(table, kinds={"c": kind})
    encoder = Encoder.learn(schema, selected)
    later = read(pa.table({"c": pa.array(cells, pa.array(training).type)}), storage=schema.storage)
    expected = encoder.encode(schema.select(later), np.float64)
    (each,) = inputs_of(schema, EXPORT_DEFAULTS)
    c_type = "const char *" if each.type == TEXT else f"{'double' if each.dtype == 'float64' else 'int64_t'} "

    def build(source: Source) -> None:
        add_encode(source, [each], encoder, ("", "NA"))
        head = "void call(const struct row *row, struct encoded *encoded)"
        source.function(head, ["encode(row, encoded);"])

    code, found = compiled(build, fields=f"    {c_type}c;"), []
    for value in each.feed(later["c"])[:, 0]:
        if each.type == TEXT:
            row = np.array([ctypes.cast(text := ctypes.c_char_p(value.encode()), ctypes.c_void_p).value])
        else:
            row, text = np.array([value]), None
        out = _Encoded()
        code.call(pointer(row), ctypes.byref(out))
        del text
        numbers = np.where(out.missing, np.nan, out.numbers)[: encoder.d_num].tolist()
        found.append(numbers or [out.codes[0]])
    return found, (expected.codes if len(expected.codes[0]) else expected.numbers).tolist()


MOMENTS = [datetime(2020, 1, 1), datetime(2021, 5, 6, 7, 8, 9, 1000), None]
YEARS = [datetime(1600, 2, 27) + timedelta(days=97 * i, hours=i) for i in range(1600)]


@pytest.mark.parametrize(
    ("training", "kind", "cells"),
    [
        ([1.5, -2.0, None, 1e9], "number", [None, 0.0, -1e300, 1e300, 5e-324]),
        ([1e9 + 1, 1e9 + 2, 1e9 + 3], "number", [1e9 + 2.5, None]),
        ([True, False], "flag", [True, None, False]),
        ([0.0, 1.0], "flag", [0.0, 1.0, 7.0, None]),
        ([5.0, 7.5], "flag", [5.0, 7.5, 6.0, None]),
        (["yes", "no"], "flag", ["YES", "No", "maybe", None, "yes "]),
        (["straße", "kalt"], "flag", ["STRAẞE", "\N{KELVIN SIGN}alt", "Strasse"]),
        (["a", "b", None], "category", ["a", "c", None, "A", "NA", ""]),
        ([1.0, 2.5, -0.0], "category", [1.0, 2.5, 0.0, 3.0, None]),
        ([True, False], "category", [True, False, None]),
        (MOMENTS, "category", [*MOMENTS, datetime(2020, 1, 2)]),
        (MOMENTS, "date", [*MOMENTS, *YEARS, datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)]),
        (
            MOMENTS[:1] * 2 + [datetime(2020, 2, 29)],
            "date",
            [datetime(1999, 12, 31), datetime(1900, 3, 1), None],
        ),
    ],
)
def test_encode__column__is_as_the_encoder_has_it(training: list[Any], kind: str, cells: list[Any]) -> None:
    found, expected = encoded(training, kind, cells)

    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)


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

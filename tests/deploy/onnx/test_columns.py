from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graphs import computed
from netable.config.exports import EXPORT_DEFAULTS, ExportSettings
from netable.deploy.contract.inputs import Input, inputs_of
from netable.deploy.onnx.columns import encode
from netable.deploy.onnx.graph import Graph
from netable.table.encode import Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema

WORDS = ("", "NA")


def encoded(
    training: list[Any], kind: str, cells: list[Any], settings: ExportSettings = EXPORT_DEFAULTS
) -> tuple[list[Any], list[Any]]:
    """What ONNX and the encoder make of cells, for a column that was trained on others: numbers or codes."""
    table = read(pa.table({"c": training}))
    schema, selected = Schema.infer(table, kinds={"c": kind})
    encoder = Encoder.learn(schema, selected)
    later = read(pa.table({"c": pa.array(cells, pa.array(training).type)}), storage=schema.storage)
    expected = encoder.encode(schema.select(later), np.float64)
    (each,) = inputs_of(schema, settings)
    fed = Input("in0", *each[1:])

    def build(graph: Graph, name: str) -> str | tuple[str, ...]:
        graph._inputs.clear()
        rows = encode(graph, (fed,), encoder, WORDS, np.dtype(np.float64))
        if rows.codes:
            return rows.codes
        assert rows.numbers
        assert rows.missing
        return graph.op("Where", rows.missing, np.array(np.nan), rows.numbers)

    (found,) = computed(build, fed.feed(later["c"]))
    return found.tolist(), (expected.codes if len(expected.codes[0]) else expected.numbers).tolist()


MOMENTS = [datetime(2020, 1, 1), datetime(2021, 5, 6, 7, 8, 9, 1000), None]


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
        (MOMENTS, "date", [*MOMENTS, datetime(2020, 1, 2)]),
        (MOMENTS[:1] * 2 + [datetime(2020, 2, 29)], "date", [datetime(1999, 12, 31), None]),
    ],
)
def test_encode__column__is_as_the_encoder_has_it(training: list[Any], kind: str, cells: list[Any]) -> None:
    for settings in (EXPORT_DEFAULTS, ExportSettings(dates="iso")):
        found, expected = encoded(training, kind, cells, settings)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)


def test_encode__numbers_of_32_bits__find_their_categories() -> None:
    found, _ = encoded([0.1, 0.7], "category", [0.1, 0.7, 0.2], ExportSettings(numbers="float32"))

    assert found == [[2], [3], [1]]


def test_encode__missing_word_in_another_case_than_a_level__is_missing() -> None:
    table = read(pa.table({"c": ["yes", "no"]}))
    schema, selected = Schema.infer(table)
    encoder, inputs = Encoder.learn(schema, selected), inputs_of(schema, EXPORT_DEFAULTS)

    def build(graph: Graph, name: str) -> str:
        graph._inputs.clear()
        rows = encode(graph, (inputs[0]._replace(name=name),), encoder, ("No",), np.dtype(np.float64))
        assert rows.missing
        return rows.missing

    (found,) = computed(build, np.array([["no"], ["No"], ["NO"]], dtype=object))
    assert found[:, 0].tolist() == [False, True, False]


def test_inputs_of__columns_with_names_of_outputs__have_others() -> None:
    table = read(pa.table({name: [1.5, 2.5, 4.0] for name in ("prediction", "prediction_", "lower", "x")}))
    schema, _ = Schema.infer(table)

    assert [each.name for each in inputs_of(schema, EXPORT_DEFAULTS)] == [
        "prediction__",
        "prediction_",
        "lower_",
        "x",
    ]

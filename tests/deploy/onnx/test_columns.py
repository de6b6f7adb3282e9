from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from export_cases import COLUMNS, Column, column_of
from graphs import computed
from netable.config.exports import EXPORT_DEFAULTS, ExportSettings
from netable.deploy.contract.inputs import inputs_of
from netable.deploy.onnx.columns import encode
from netable.deploy.onnx.graph import Graph
from netable.table.encode import Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema

WORDS = ("", "NA")


def encoded(column: Column) -> np.ndarray[Any, Any]:
    """What ONNX makes of the cells of a column: numbers or codes."""
    fed = column.input._replace(name="in0")

    def build(graph: Graph, name: str) -> str | tuple[str, ...]:
        graph._inputs.clear()
        rows = encode(graph, (fed,), column.encoder, WORDS, np.dtype(np.float64))
        if rows.codes:
            return rows.codes
        assert rows.numbers
        assert rows.missing
        return graph.op("Where", rows.missing, np.array(np.nan), rows.numbers)

    return computed(build, fed.feed(column.cells))[0]


@pytest.mark.parametrize(("training", "kind", "cells"), COLUMNS)
def test_encode__column__is_as_the_encoder_has_it(training: list[Any], kind: str, cells: list[Any]) -> None:
    for settings in (EXPORT_DEFAULTS, ExportSettings(dates="iso")):
        column = column_of(training, kind, cells, settings)
        np.testing.assert_allclose(encoded(column), column.expected, rtol=1e-12, atol=1e-9)


def test_encode__numbers_of_32_bits__find_their_categories() -> None:
    column = column_of([0.1, 0.7], "category", [0.1, 0.7, 0.2], ExportSettings(numbers="float32"))

    assert encoded(column).tolist() == [[2], [3], [1]]


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

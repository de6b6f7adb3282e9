"""Rows of plain Python values, encoded without a table."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from netable.config.reading import ReadOptions
from netable.errors import DataWarning, UserError
from netable.table.direct import DirectEncoder
from netable.table.encode import Encoded, Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema

LEARNED = {
    "size": [(i % 45) / 2 for i in range(60)],
    "floor": [i % 7 for i in range(60)],
    "sold": [i % 3 == 0 for i in range(60)],
    "new": [i % 2 for i in range(60)],
    "heated": ["yes", "no", "no"] * 20,
    "town": ["Ulm", "Bonn", "none", "7", None, "Köln"] * 10,
    "price": [f"{i % 45} kg" for i in range(60)],
}
ROW = {"size": 3.5, "floor": 2, "sold": True, "new": 0, "heated": "yes", "town": "Bonn"}
MISSING = ReadOptions().missing


def encoder(columns: list[str]) -> Encoder:
    schema, selected = Schema.infer(read(pa.table({name: LEARNED[name] for name in columns})))
    return Encoder.learn(schema, selected)


@pytest.fixture(scope="module")
def plain() -> Encoder:
    return encoder(list(ROW))


def as_table(known: Encoder, source: Any) -> Encoded:
    return known.encode(known.schema.select(read(source, storage=known.schema.storage)))


def assert_same(one: Encoded | None, other: Encoded) -> None:
    assert one is not None
    np.testing.assert_array_equal(one.numbers, other.numbers)
    np.testing.assert_array_equal(one.codes, other.codes)
    assert one.numbers.dtype == other.numbers.dtype
    assert one.codes.dtype == other.codes.dtype
    assert (one.unseen, one.far_out) == (other.unseen, other.far_out)


# Cells of one column that are read as such; of each, whether they are plain enough.
CELLS = [
    ("size", 3, True),
    ("size", np.float64(0.1), True),
    ("size", np.float32(0.1), False),
    ("size", 1e9, True),  # far out
    ("size", 2**60, False),
    ("size", None, True),
    ("size", float("nan"), True),
    ("size", "3.5", False),
    ("size", True, False),
    ("floor", np.int64(3), True),
    ("sold", None, True),
    ("sold", np.False_, True),
    ("sold", 1, False),
    ("sold", "true", False),
    ("new", 1.0, True),
    ("heated", "YES", True),
    ("heated", None, True),
    ("heated", " no", False),
    ("heated", "NA", False),
    ("town", "none", True),
    ("town", "7", True),
    ("town", 7, False),
    ("town", " Ulm ", False),
    ("town", "", False),
    ("town", None, True),
    ("town", float("nan"), True),
    ("town", "Rom", False),  # never seen
]


@pytest.mark.parametrize(("name", "cell", "is_plain"), CELLS)
def test_encode__plain_cells__are_encoded_as_in_a_table(
    name: str, cell: object, is_plain: bool, plain: Encoder
) -> None:
    row = ROW | {name: cell}
    found = DirectEncoder(plain, (), MISSING).encode(row, np.float32)

    assert (found is not None) == is_plain
    if is_plain:
        assert_same(found, as_table(plain, row))


@pytest.mark.filterwarnings("ignore::netable.errors.DataWarning")
def test_encode__short_frame__is_encoded_as_a_table_whatever_its_types(plain: Encoder) -> None:
    direct = DirectEncoder(plain, (), MISSING)
    frame = pd.DataFrame([ROW, ROW | {"town": None, "size": 1.0}])

    assert_same(direct.encode(frame, np.float32), as_table(plain, frame))
    assert_same(direct.encode(frame.astype({"town": "category"}), np.float32), as_table(plain, frame))
    assert_same(
        direct.encode([ROW, ROW], np.float64),
        plain.encode(plain.schema.select(read([ROW, ROW], storage=plain.schema.storage)), np.float64),
    )
    assert_same(direct.encode(frame.iloc[0], np.float32), as_table(plain, [ROW]))
    assert direct.encode(frame.astype({"size": "float32"}), np.float32) is None
    assert direct.encode(frame.iloc[:0], np.float32) is None
    assert direct.encode(pd.concat([frame] * 50), np.float32) is None


def test_encode__column_too_many_or_too_few__is_left_to_the_table(plain: Encoder) -> None:
    direct = DirectEncoder(plain, ("price",), MISSING)

    assert direct.encode({name: cell for name, cell in ROW.items() if name != "floor"}, np.float32) is None
    assert direct.encode(ROW | {"colour": "red"}, np.float32) is None
    assert direct.encode(ROW | {"price": 3}, np.float32) is not None
    assert direct.encode({name: [cell] for name, cell in ROW.items()}, np.float32) is None


def test_encode__number_with_a_unit__is_left_to_the_table() -> None:
    with pytest.warns(DataWarning, match="kg"):
        known = encoder(["size", "price"])

    assert DirectEncoder(known, (), MISSING).encode({"size": 1.0, "price": 3.0}, np.float32) is None
    with pytest.raises(UserError, match="kg"):
        as_table(known, {"size": 1.0, "price": 3.0})


def test_encoder__pickled__encodes_the_same(plain: Encoder) -> None:
    direct = DirectEncoder(plain, (), MISSING)
    again = pickle.loads(pickle.dumps(direct))

    assert_same(again.encode(ROW, np.float32), as_table(plain, ROW))

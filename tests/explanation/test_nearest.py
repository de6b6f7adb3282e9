from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.errors import silence
from netable.explanation import nearest_rows
from netable.fit.fit import fit
from netable.model.model import Model
from small import QUICK


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(0)
    size = rng.uniform(0, 100, 60)
    kind = rng.choice(["a", "b"], 60)
    return pa.table({"size": size, "kind": kind, "y": size + (kind == "a")})


@pytest.fixture(scope="module")
def model(table: pa.Table) -> Model:
    return fit(table, Settings(target="y", **QUICK))


def test_nearest_rows__row_of_the_table__is_first_with_distance_0(model, table):
    rows, distances = nearest_rows(model, table.slice(17, 1), table, 3)

    assert rows[0] == 17
    assert distances[0] == 0
    assert list(distances) == sorted(distances)


def test_nearest_rows__distances__are_gowers(model, table):
    row = pa.table({"size": [50.0], "kind": ["a"]})

    rows, distances = nearest_rows(model, row, table, 60)

    size, kind = table["size"].to_numpy(), np.array(table["kind"].to_pylist())
    low, high = np.quantile(size, [0.05, 0.95])
    expected = (np.minimum(np.abs(size - 50) / (high - low), 1) + (kind != "a")) / 2
    np.testing.assert_allclose(distances, expected[rows], atol=1e-6)
    np.testing.assert_array_equal(rows, np.argsort(expected, kind="stable"))


def test_nearest_rows__missing_cell__is_far_from_all_but_missing_ones(model, table):
    gaps = table.set_column(0, "size", pa.array([None, *table["size"].to_pylist()[1:]]))

    with silence():
        rows, distances = nearest_rows(model, gaps.slice(0, 1), gaps, 2)

    assert rows[0] == 0
    assert distances[1] == pytest.approx(0.5)

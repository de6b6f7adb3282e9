from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import spearmanr

from netable.config.settings import Settings
from netable.explanation import Pair, redundant_columns
from netable.fit.fit import fit
from netable.model.model import Model
from small import QUICK


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(0)
    a, noise, alone = rng.normal(size=(3, 60))
    columns = {"a": a, "exp": np.exp(a), "noisy": -a + noise / 6, "alone": alone, "word": ["u", "v"] * 30}
    return pa.table(columns | {"y": a + alone})


@pytest.fixture(scope="module")
def model(table: pa.Table) -> Model:
    return fit(table, Settings(target="y", **QUICK))


def test_redundant__numbers__are_spearmans_pairs_the_closest_first(model: Model, table: pa.Table) -> None:
    expected = {
        (one, other): spearmanr(table[one].to_numpy(), table[other].to_numpy()).statistic
        for one, other in (("a", "exp"), ("a", "noisy"), ("exp", "noisy"))
    }

    pairs = redundant_columns(model, table)

    assert pairs[0] == Pair("a", "exp", pytest.approx(1.0))
    assert {(p.one, p.other): p.correlation for p in pairs} == pytest.approx(expected)
    assert redundant_columns(model, table, at_least=0.9999) == pairs[:1]


def test_redundant__missing_cells_and_empty_columns__are_in_the_middle(model: Model, table: pa.Table) -> None:
    gaps = table.set_column(0, "a", pa.array([None, *table["a"].to_pylist()[1:]], pa.float64()))
    empty = table.set_column(0, "a", pa.nulls(60, pa.float64()))

    assert redundant_columns(model, gaps)[0].correlation == pytest.approx(1.0, abs=0.1)
    assert [(p.one, p.other) for p in redundant_columns(model, empty)] == [("exp", "noisy")]


def test_redundant__few_rows__tell_nothing(model: Model, table: pa.Table) -> None:
    assert redundant_columns(model, table.slice(0, 19)) == []

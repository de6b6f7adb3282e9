from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.fit.members.first_members import Beginning, begin
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.preparation.prepare import prepare
from small import QUICK


def beginning(table: pa.Table, **settings: Any) -> Beginning:
    p = prepare(table, Settings(target="y", **QUICK | settings))
    rows = MemberRows.of(p)
    [recipe] = p.recipe.of_stacks()
    return begin(p, recipe, rows, learn_member_statistics(p, [recipe], rows), None)


def line(rng: np.random.Generator, n_rows: int = 150) -> pa.Table:
    x = rng.normal(size=n_rows)
    return pa.table({"x": x, "y": 3 * x + 1})


@pytest.mark.parametrize(("model", "has_gates"), [("mlp", True), ("resnet", True), ("linear", False)])
def test_begin__network__has_gates_until_it_is_trained(
    model: str, has_gates: bool, rng: np.random.Generator
) -> None:
    settings = {"model": model, "embedding": "none"}
    table = line(rng)

    assert (beginning(table, **settings).net.body.linears[0].gates is not None) == has_gates
    model_of_table = fit(table, Settings(target="y", **QUICK | settings))
    assert model_of_table.net.stacks[0].body.linears[0].gates is None


@pytest.mark.filterwarnings("ignore:Farther outside")
def test_begin__linear_model_alone__goes_on_beyond_the_data(rng: np.random.Generator) -> None:
    table, far = line(rng), pa.table({"x": [100.0]})
    alone = fit(table, Settings(target="y", **QUICK | {"model": "linear", "embedding": "none"}))
    beside = fit(table, Settings(target="y", stacks=({"model": "linear", "embedding": "none"},), **QUICK))
    y = table.column("y").to_numpy()

    assert float(alone.predict(far)[0]) == pytest.approx(301, rel=1e-3)
    assert float(beside.predict(far)[0]) <= y.max() + 0.1 * np.ptp(y) + 1e-3

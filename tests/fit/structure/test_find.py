from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.errors import DataWarning
from netable.fit.fit import fit
from netable.fit.structure.find import find_structure
from preparing import numbers, prepared
from small import QUICK

N = 300


def patients(rng: np.random.Generator) -> pa.Table:
    groups = rng.integers(0, 40, N)
    table = numbers(N, patient=[f"p{group}" for group in groups])
    y = table.column("y").to_numpy() + 3 * rng.normal(size=40)[groups]
    return table.set_column(table.column_names.index("y"), "y", pa.array(y))


def walking(rng: np.random.Generator) -> pa.Table:
    days = np.arange(N).astype("datetime64[D]").astype("datetime64[us]")
    table = numbers(N, day=days)
    walk = rng.normal(size=N).cumsum()
    y = table.column("y").to_numpy() + 4 * walk / walk.std()
    return table.set_column(table.column_names.index("y"), "y", pa.array(y))


def found(table: pa.Table, **settings: Any) -> list[tuple[str, str]]:
    own = prepared(table, **settings)
    structures = find_structure(table, own.recipe, own.target, own.encoder, own.train_rows)
    return [(one.kind, one.column) for one in structures if one.matters]


def test_find_structure__groups_and_times__are_found(rng: np.random.Generator) -> None:
    assert found(patients(rng)) == [("group", "patient")]
    assert found(walking(rng)) == [("time", "day")]


def test_find_structure__declared_split__is_not_searched(rng: np.random.Generator) -> None:
    assert found(patients(rng), group_column="patient") == []
    assert found(walking(rng), time_column="day") == []


def test_find_structure__rows_shuffled_between_groups__finds_nothing(rng: np.random.Generator) -> None:
    table = patients(rng)
    shuffled = pa.array(rng.permutation(table.column("patient").to_pylist()))

    assert found(table.set_column(table.column_names.index("patient"), "patient", shuffled)) == []


def test_fit__groups_in_random_folds__are_told_in_time_too(rng: np.random.Generator) -> None:
    model = fit(patients(rng), Settings(target="y", **QUICK))
    in_time = fit(walking(rng), Settings(target="y", **QUICK))

    assert model.diagnose()[0].id == "grouped_rows"
    assert in_time.diagnose()[0].id == "time_order"
    assert model.recipe.group_column is None


def test_fit__split_auto__keeps_groups_together_and_says_so(rng: np.random.Generator) -> None:
    table = patients(rng)
    with pytest.warns(DataWarning, match='group_column="patient"'):
        model = fit(table, Settings(target="y", split="auto", **QUICK))

    assert model.recipe.group_column == "patient"
    assert "patient" not in model.schema.storage
    fold = model.out_of_fold.column("fold").to_numpy()
    patient = np.array(table.column("patient").to_pylist())
    assert all(len(set(fold[patient == name])) == 1 for name in set(patient))
    assert "grouped_rows" not in [verdict.id for verdict in model.diagnose()]


def test_fit__split_auto__follows_time_and_leaves_independent_rows_to_chance(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(DataWarning, match='time_column="day"'):
        model = fit(walking(rng), Settings(target="y", split="auto", **QUICK))
    monkeypatch.setattr("netable.fit.fit.find_structure", None)  # it was looked for before training
    plain = fit(numbers(N), Settings(target="y", split="auto", **QUICK))

    assert model.recipe.time_column == "day"
    assert (plain.recipe.group_column, plain.recipe.time_column, plain.recipe.split) == (None, None, "random")

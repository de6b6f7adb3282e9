from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.doctor.structure import Flattery, Structure
from netable.errors import DataWarning
from netable.fit.fit import fit
from netable.fit.structure.find import find_structure, split_by
from netable.table.reading.read import read, read_sql
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


def numbered_by_site(rng: np.random.Generator, effect: float) -> pa.Table:
    patient = rng.integers(0, 80, 2 * N)
    table = numbers(2 * N, site=[f"s{i}" for i in patient % 8], patient_no=patient // 8 + 0.0)
    y = table.column("y").to_numpy() + effect * rng.normal(size=80)[patient]
    return table.set_column(table.column_names.index("y"), "y", pa.array(y))


def found(table: pa.Table, **settings: Any) -> list[tuple[str, ...]]:
    own = prepared(table, **settings)
    structures = find_structure(table, own.recipe, own.target, own.encoder, own.train_rows)
    return [(one.kind, *one.columns) for one in structures if one.matters]


def test_find_structure__groups_and_times__are_found(rng: np.random.Generator) -> None:
    assert found(patients(rng)) == [("group", "patient")]
    assert found(walking(rng)) == [("time", "day")]


def test_find_structure__patients_numbered_by_site__are_a_pair(rng: np.random.Generator) -> None:
    assert ("group", "site", "patient_no") in found(numbered_by_site(rng, 3.0))
    assert found(numbered_by_site(rng, 0.0)) == []


def test_find_structure__groups_of_one_column__are_no_pair_with_another(rng: np.random.Generator) -> None:
    table = patients(rng).append_column("trial", pa.array(rng.integers(0, 4, N) + 0.0))

    assert found(table) == [("group", "patient")]


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


def test_split_by__pair__is_said_to_need_one_column() -> None:
    surely, hardly = Flattery(1.5, 1.4, 1.6, 1.3), Flattery(1.1, 1.05, 1.2, 1.04)
    pair = Structure("group", ("site", "no"), 80, surely)
    with pytest.warns(DataWarning, match=r"'site' and 'no' .* takes no two columns.*group_column=\"pair\""):
        assert split_by([pair]) == {}
    with pytest.warns(DataWarning) as warned:
        assert split_by([pair, Structure("group", ("no",), 10, hardly)]) == {"group_column": "no"}
    assert len(warned) == 2


def test_fit__one_column_of_a_pair_as_advised__keeps_rows_together(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    table = numbered_by_site(rng, 3.0)
    verdict = fit(table, Settings(target="y", **QUICK)).diagnose()[0]
    assert (verdict.id, "'site' and 'patient_no' (80 values)" in verdict.seen) == ("grouped_rows", True)

    frame = table.to_pandas()
    advice = verdict.try_.partition('table["pair"] = ')[2].partition(";")[0]
    frame.to_parquet(tmp_path / "rows.parquet")
    column = verdict.try_.partition("in SQL: ")[2].partition(", and group_column")[0].removesuffix(")")
    queried = read_sql(f"select *, {column} from '{tmp_path / 'rows.parquet'}'")
    frame["pair"] = eval(advice, {"table": frame})
    assert len(queried.column("pair").unique()) == frame["pair"].nunique() == 80
    model = fit(read(frame), Settings(target="y", group_column="pair", **QUICK))
    frame["fold"] = model.out_of_fold.column("fold").to_numpy()
    assert frame.groupby(["site", "patient_no"])["fold"].nunique().max() == 1


def test_fit__split_auto__follows_time_and_leaves_independent_rows_to_chance(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(DataWarning, match='time_column="day"'):
        model = fit(walking(rng), Settings(target="y", split="auto", **QUICK))
    monkeypatch.setattr("netable.fit.fit.find_structure", None)  # it was looked for before training
    plain = fit(numbers(N), Settings(target="y", split="auto", **QUICK))

    assert model.recipe.time_column == "day"
    assert (plain.recipe.group_column, plain.recipe.time_column, plain.recipe.split) == (None, None, "random")

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.fit.structure.candidates import MOST_OF_PAIRS, group_candidates, pair_candidates, time_candidates

N = 400


def groups(**columns: Any) -> list[str]:
    table = pa.table(columns)
    return [candidate.column for candidate in group_candidates(table, table.column_names)]


def pairs(**columns: Any) -> list[tuple[str, str]]:
    table = pa.table(columns)
    return [(one.column, other.column) for (one, other), _ in pair_candidates(table, table.column_names)]


def times(**columns: Any) -> list[str]:
    table = pa.table(columns)
    return [candidate.column for candidate in time_candidates(table, table.column_names)]


def uneven(rng: np.random.Generator) -> Any:
    share = rng.gamma(0.8, size=50)
    return rng.choice(50, N, p=share / share.sum())


def texts(codes: Any) -> list[str]:
    return [f"k{code}" for code in codes]


@pytest.mark.parametrize("name", ["patient", "PatientID", "customer_no", "Store", "센서", "site code"])
def test_group_candidates__telling_name__is_one(name: str, rng: np.random.Generator) -> None:
    codes = uneven(rng)

    assert groups(**{name: texts(codes)}) == groups(**{name: codes.astype(float)}) == [name]


@pytest.mark.parametrize("name", ["zip", "brand", "c7", "time_in_hospital", "run_length", "households"])
def test_group_candidates__other_names__are_none(name: str, rng: np.random.Generator) -> None:
    codes = uneven(rng)

    assert groups(**{name: texts(codes)}) == groups(**{name: codes.astype(float)}) == []


def test_group_candidates__rows_of_a_level_together_or_evenly_many__are_some(
    rng: np.random.Generator,
) -> None:
    assert groups(c7=texts(np.sort(uneven(rng)))) == ["c7"]
    assert groups(c7=texts(rng.permutation(np.arange(N) % 50))) == ["c7"]


def test_group_candidates__levels_that_chance_makes_rare__are_none(rng: np.random.Generator) -> None:
    for levels in (100, 200, 400):  # those that were not drawn are not seen
        assert groups(c7=texts(rng.integers(0, levels, N))) == []


def test_group_candidates__facts_of_a_level__make_it_one_unless_it_is_a_place(
    rng: np.random.Generator,
) -> None:
    codes = uneven(rng)
    age = rng.normal(size=50)[codes]

    assert groups(c7=texts(codes), age=age) == ["c7"]
    assert groups(town=texts(codes), age=age) == []
    assert groups(c7=texts(codes), age=rng.normal(size=N)) == []


def test_group_candidates__values_that_never_repeat__are_none() -> None:
    assert groups(patient=texts(range(N))) == []


def test_group_candidates__gaps__are_none(rng: np.random.Generator) -> None:
    assert groups(patient=[None, *texts(uneven(rng))[1:]]) == []  # a group column must have no gaps


def test_time_candidates__dates_in_any_order__are_some_with_ranks(rng: np.random.Generator) -> None:
    days = rng.integers(0, 300, N)
    table = pa.table({"sold": days.astype("datetime64[D]").astype("datetime64[us]")})
    (candidate,) = time_candidates(table, ["sold"])

    assert (np.argsort(candidate.level, kind="stable") == np.argsort(days, kind="stable")).all()
    assert times(date_of_birth=table.column("sold")) == []


def test_time_candidates__numbers__must_rise_and_be_named_so_or_count_rows(rng: np.random.Generator) -> None:
    rising = np.sort(rng.normal(size=N))
    counted = 5000.0 + np.arange(N) * 2

    assert times(time=rising, size=rising, order_no=counted, c=counted) == ["time", "order_no", "c"]
    assert times(time=rng.permutation(rising), c=rng.permutation(counted)) == []


def test_time_candidates__few_times__are_none() -> None:
    assert times(year=np.sort(np.arange(N) % 4) + 2020.0) == []


def test_pair_candidates__numbers_that_start_again_in_each_site__are_one(rng: np.random.Generator) -> None:
    site, number = rng.integers(0, 5, N), rng.integers(0, 15, N).astype(float)

    assert pairs(site=texts(site), patient_no=number) == [("site", "patient_no")]
    assert pairs(c1=texts(site), patient_no=number) == []  # nothing tells that these belong together


def test_pair_candidates__rows_together_or_evenly_many_or_with_facts__need_one_telling_name(
    rng: np.random.Generator,
) -> None:
    level = np.sort(rng.integers(0, 75, N))
    mixed, even = rng.permutation(level), rng.permutation(np.arange(N) % 80)
    age = rng.normal(size=75)[mixed]

    assert pairs(week=level // 5 + 0.0, shop=texts(level % 5)) == [("shop", "week")]
    assert pairs(week=even // 5 + 0.0, shop=texts(even % 5)) == [("shop", "week")]
    assert pairs(c1=texts(mixed // 5), shop=texts(mixed % 5), age=age) == [("shop", "c1")]
    assert pairs(c1=texts(level // 5), c2=texts(level % 5)) == []
    assert pairs(town=texts(level // 5), shop=texts(level % 5)) == []


def test_pair_candidates__columns_of_one_thing_or_with_gaps__are_none(rng: np.random.Generator) -> None:
    patient, site = rng.integers(0, 60, N) + 0.0, rng.integers(0, 5, N) + 0.0
    gaps = pa.array(site, mask=np.arange(N) == 0)

    assert pairs(site=texts(patient % 5), patient=patient) == []  # a patient has one site
    assert pairs(site=gaps, patient_no=rng.integers(0, 15, N) + 0.0) == []


def test_pair_candidates__facts_of_one_column__tell_nothing_of_the_pair(rng: np.random.Generator) -> None:
    shop, color = rng.integers(0, 40, N), rng.integers(0, 3, N)

    assert pairs(shop=texts(shop), color=texts(color), size=rng.normal(size=40)[shop]) == []


def test_pair_candidates__many_columns__are_few(rng: np.random.Generator) -> None:
    columns = {f"shop{i}_no": texts(rng.integers(0, 8, N)) for i in range(40)}

    assert len(pairs(**columns)) == MOST_OF_PAIRS * (MOST_OF_PAIRS - 1) / 2

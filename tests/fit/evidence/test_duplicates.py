from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netable.fit.evidence.duplicates import find_duplicates
from preparing import numbers, prepared


def test_find_duplicates__none__costs_and_finds_nothing() -> None:
    found = find_duplicates(prepared(numbers()), np.random.default_rng(0))

    assert found.twins == found.pairs == 0
    assert found.judged == len(found.distinct) == 400


@pytest.mark.bad_input(110)
def test_find_duplicates__48_copies__are_found_on_both_sides_of_a_fold() -> None:
    table = numbers()
    table = pa.concat_tables([table, table.slice(0, 40)])

    found = find_duplicates(prepared(table), np.random.default_rng(0))

    assert found.distinct.tolist() == list(range(400))
    assert found.pairs == 40
    assert 40 < found.twins <= 80  # some pairs are in one fold
    assert found.near == 0
    assert found.by_chance < 1


def test_find_duplicates__copies_with_another_target__are_none() -> None:
    table = numbers()
    other = table.set_column(2, "y", pa.array(table.column("y").to_numpy() + 1))

    found = find_duplicates(prepared(pa.concat_tables([table, other])), np.random.default_rng(0))

    assert found.twins == 0
    assert len(found.distinct) == 400


def test_find_duplicates__rows_of_a_validation_table__are_compared_with_those_learned_from() -> None:
    table = numbers()

    found = find_duplicates(prepared(table, table.slice(100, 50)), np.random.default_rng(0))

    assert (found.judged, found.twins) == (50, 50)


def test_find_duplicates__few_values__are_equal_by_chance(rng: np.random.Generator) -> None:
    table = pa.table({name: rng.choice(["p", "q", "r"], 300) for name in ("a", "b", "y")})

    found = find_duplicates(prepared(table), np.random.default_rng(0))

    assert found.pairs < 2 * found.by_chance
    assert found.near > found.pairs


def test_find_duplicates__rows_that_differ_in_one_cell__are_near() -> None:
    table = numbers()
    copies, other = table.slice(0, 40), table.slice(40, 20)
    other = other.set_column(0, "a", pa.array(np.arange(20.0)))

    found = find_duplicates(prepared(pa.concat_tables([table, copies, other])), np.random.default_rng(0))

    assert (found.pairs, found.near) == (40, 20)

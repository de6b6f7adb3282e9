from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netable.errors import DataError
from netable.fit.preparation.split_plan import split_plan
from netable.fit.stored.sections import FREE, Sections
from small import recipe_of

ROWS, SAMPLED = 3_000, np.arange(0, 3_000, 5)


@pytest.fixture
def table() -> pa.Table:
    rng = np.random.default_rng(0)
    return pa.table(
        {"g": [f"g{i}" for i in rng.integers(0, 500, ROWS)], "t": rng.integers(0, 400, ROWS).astype(float)}
    )


def sections_of(table: pa.Table, **settings: Any) -> tuple[Any, Sections]:
    recipe, sample = recipe_of(**settings), table.take(SAMPLED)
    plan = split_plan(sample, np.zeros((len(SAMPLED), 1)), recipe)
    return plan, Sections(plan, recipe, sample, SAMPLED)


def learned(sections: Sections, table: pa.Table, member: int) -> np.ndarray:
    own = np.array([member in learners for learners in sections.learners])
    return np.flatnonzero(own[sections.of(table, np.arange(ROWS))])


@pytest.mark.parametrize("folds", [1, 2, 4])
def test_sections__at_random__leave_to_each_member_all_rows_but_those_it_is_judged_by(table, folds):
    plan, sections = sections_of(table, folds=folds)

    for member in range(len(plan)):
        judging = np.concatenate([SAMPLED[held.rows] for held in plan.held_out if held.member == member])
        assert set(learned(sections, table, member)) == set(range(ROWS)) - set(judging)


@pytest.mark.parametrize("folds", [1, 3])
def test_sections__of_groups__keep_the_judges_groups_apart(table, folds):
    plan, sections = sections_of(table, folds=folds, group_column="g")
    groups = np.array(table["g"].to_pylist())

    for held in plan.held_out:
        rows = learned(sections, table, held.member)
        assert not set(groups[SAMPLED[held.rows]]) & set(groups[rows])
        assert len(rows) > ROWS / 3
    unsampled = set(groups) - set(groups[SAMPLED])
    assert unsampled  # of which all members learn
    assert (sections.of(table, np.arange(ROWS))[np.isin(groups, [*unsampled])] == FREE).all()


@pytest.mark.parametrize("folds", [1, 3])
def test_sections__in_order_of_time__are_earlier_than_the_judging_rows(table, folds):
    plan, sections = sections_of(table, folds=folds, time_column="t")
    times = table["t"].to_numpy()

    for held in plan.held_out:
        rows = learned(sections, table, held.member)
        assert times[rows].max() < times[SAMPLED[held.rows]].min()
        assert len(rows) > ROWS / 5


@pytest.mark.parametrize(
    ("settings", "name"), [({"group_column": "g"}, "group"), ({"time_column": "t"}, "time")]
)
def test_sections__without_a_value__are_an_error(table, settings, name):
    sections = sections_of(table, **settings)[1]
    gap = (
        table.slice(0, 2).set_column(0, "g", pa.array(["g1", None])).set_column(1, "t", pa.array([1.0, None]))
    )

    with pytest.raises(DataError, match=f"The {name} is missing in row 2"):
        sections.of(gap, np.arange(2))

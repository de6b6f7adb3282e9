from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.doctor.cases import Case
from benchmarks.doctor.data import HEALTHY, KNOWN, PROVOCATIONS, TRUE
from netable.doctor import Verdict


class Recorded(Case):
    """A case that keeps what it is asked to fit."""

    def fit(self, **asked: Any) -> list[Verdict]:
        object.__setattr__(self, "asked", asked)
        return []


def case(task: str, rows: int = 300) -> Recorded:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, rows))
    y = (
        50 + a + b
        if task == "regression"
        else np.array(["no", "yes"])[(a + rng.normal(size=rows) > 0.5).astype(int)]
    )
    return Recorded("iris", pa.table({"a": a, "b": b, "y": y}), "y", task)


@pytest.mark.parametrize("name", PROVOCATIONS)
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_provocation__any_table__is_changed_by_itself_alone_and_the_same_each_time(
    name: str, task: str
) -> None:
    provocation, sick, again = PROVOCATIONS[name], case(task), case(task)
    if not provocation.fits(sick) or (name == "wrong labels" and task == "regression"):
        pytest.skip("not of this task")

    provocation.run(sick)
    provocation.run(again)

    assert sick.table.equals(case(task).table)
    assert sick.asked == again.asked  # type: ignore[attr-defined]
    asked = dict(sick.asked)  # type: ignore[attr-defined]
    changed = asked.pop("table", sick.table)
    assert not changed.equals(sick.table) or asked


def test_healthy__random_validation_rows__are_all_rows_once() -> None:
    own = case("binary")

    HEALTHY["random validation rows"](own)

    table, valid = own.asked["table"], own.asked["valid_table"]  # type: ignore[attr-defined]
    assert len(table) + len(valid) == 300
    assert len(pa.concat_tables([table, valid]).group_by("a").aggregate([])) == 300


def test_known__every_truth__has_its_figure() -> None:
    assert sum(map(len, KNOWN.values())) == len(TRUE)
    assert all(TRUE.values())

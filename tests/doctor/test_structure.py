from __future__ import annotations

from typing import Any

import pytest

from netable.doctor.structure import Flattery, Structure, diagnose_structure, worst


def structure(ratio: float, surely: float, **more: Any) -> Structure:
    values: dict[str, Any] = {"kind": "group", "columns": ("patient",), "levels": 1200}
    return Structure(**values | more, flattery=Flattery(ratio, ratio - 0.1, ratio + 0.1, surely))


@pytest.mark.parametrize(
    ("ratio", "surely", "matters"),
    [(1.2, 1.1, True), (1.2, 0.99, False), (1.01, 1.005, False), (0.8, 0.7, False)],
)
def test_structure__little_or_uncertain_flattery__does_not_matter(
    ratio: float, surely: float, matters: bool
) -> None:
    assert structure(ratio, surely).matters is matters
    assert bool(diagnose_structure([structure(ratio, surely)])) is matters


def test_diagnose_structure__groups__are_named_with_their_factor_and_the_setting() -> None:
    (verdict,) = diagnose_structure([structure(1.4, 1.2)])

    assert (verdict.id, verdict.severity) == ("grouped_rows", "serious")
    assert "'patient' (1,200 values)" in verdict.seen
    assert "1.40 times that of a random split (95% interval 1.30 to 1.50)" in verdict.seen
    assert verdict.try_.startswith('group_column="patient"')


def test_diagnose_structure__two_columns__are_named_with_the_way_to_make_them_one() -> None:
    (verdict,) = diagnose_structure([structure(1.1, 1.01, columns=("site", 'patient\'s "no"'))])

    assert "'site' and 'patient\\'s \"no\"' (1,200 values)" in verdict.seen
    assert """table['site'].astype(str) + "/" + table['patient\\'s "no"'].astype(str)""" in verdict.try_
    assert """"site" || '/' || "patient's ""no\"\"\" as pair)""" in verdict.try_
    assert verdict.try_.endswith('group_column="pair"')


def test_diagnose_structure__time__is_named_with_its_setting() -> None:
    (verdict,) = diagnose_structure([structure(1.1, 1.01, kind="time", columns=("sold",))])

    assert (verdict.id, verdict.severity) == ("time_order", "warning")
    assert verdict.try_.startswith('time_column="sold"')


def test_worst__several_columns__is_the_one_that_flatters_most() -> None:
    few, many = structure(1.1, 1.05), structure(1.5, 1.3, columns=("site",))

    assert worst([few, many], "group") is many
    assert worst([few, many], "time") is None

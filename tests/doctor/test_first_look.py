from __future__ import annotations

import pytest

from netable.doctor.columns import Column, Shift
from netable.doctor.first_look import (
    Contradictions,
    FirstLook,
    contradicting_labels,
    diagnose_first_look,
    label_spelling,
    rows_in_order,
)


def test_rows_in_order__columns_that_differ__are_named_with_the_distance() -> None:
    halves = [Column("day", "number", 400, shift=Shift(1.0, 0.0)), Column("x", "number", 400)]

    verdict = rows_in_order(halves)

    assert verdict is not None
    assert verdict.severity == "note"
    assert verdict.seen.startswith("1 of 2 columns differ between the first and the second half")
    assert "'day' (1.00)" in verdict.seen


@pytest.mark.parametrize("shift", [Shift(0.09, 0.0), Shift(0.5, 0.01), Shift()])
def test_rows_in_order__small_or_chance_differences__are_nothing(shift: Shift) -> None:
    assert rows_in_order([Column("x", "number", 400, shift=shift)]) is None


@pytest.mark.parametrize(("wrong", "severity"), [(4, None), (9, None), (10, "note"), (50, "warning")])
def test_contradicting_labels__share_that_no_model_gets_right__counts(
    wrong: int, severity: str | None
) -> None:
    verdict = contradicting_labels(Contradictions("y", list(range(2 * wrong)), wrong, 1_000))

    assert (verdict.severity if verdict else None) == severity


def test_contradicting_labels__rows__are_counted_from_one() -> None:
    verdict = contradicting_labels(Contradictions("y", [0, 7], 5, 100))

    assert verdict is not None
    assert "wrong in at least 5.0% of the rows" in verdict.seen
    assert verdict.try_.startswith("check rows 1, 8 (counted from 1)")


def test_label_spelling__alike__are_named() -> None:
    assert label_spelling([]) is None
    verdict = label_spelling([["Yes", "yes"]])
    assert verdict is not None
    assert verdict.seen.startswith("'Yes' and 'yes' differ in case or blanks only")


def test_diagnose_first_look__nothing_wrong__says_nothing() -> None:
    assert diagnose_first_look(FirstLook([], None, [])) == []

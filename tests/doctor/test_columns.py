from __future__ import annotations

import pytest

from netable.doctor.columns import Column, Explained, Shift, drift, identifier, leakage, wild_scales

PLAIN = Column("age", "number", present=500)


def test_wild_scales__ordinary_columns__are_nothing_to_say_of() -> None:
    assert wild_scales([PLAIN]) is None


@pytest.mark.parametrize(
    ("column", "seen"),
    [
        (Column("x", "number", 500, cut=50), "10% of the values (50) are more than a million spreads"),
        (Column("x", "number", 500, middle=1e-6), "lies within 1e-06 spreads"),
        (
            Column("x", "number", 500, merged=0.5),
            "50% of its distinct values are the same number in 32 bits",
        ),
    ],
)
def test_wild_scales__lost_differences__are_a_warning(column: Column, seen: str) -> None:
    verdict = wild_scales([PLAIN, column])

    assert verdict is not None
    assert verdict.severity == "warning"
    assert seen in verdict.seen
    assert verdict.try_.endswith('ignore_columns=["x"]')


def test_wild_scales__one_slip__is_a_note() -> None:
    verdict = wild_scales([Column("x", "number", 500, cut=1)])

    assert verdict is not None
    assert verdict.severity == "note"


def explained(share: float, at_least: float | None = None, name: str = "fee") -> Column:
    return Column(
        name, "number", 500, explained=Explained(share, share if at_least is None else at_least, 500)
    )


def test_leakage__column_that_tells_all__is_serious_and_named() -> None:
    verdict = leakage([explained(0.9999), explained(0.995, name="tax"), PLAIN], "regression")

    assert verdict is not None
    assert verdict.severity == "serious"
    assert verdict.seen.startswith("'fee' alone explains over 99.9% of the target's variance; so do 'tax'")
    assert 'ignore_columns=["fee", "tax"]' in verdict.try_


def test_leakage__good_column__is_none() -> None:
    assert leakage([explained(0.97), PLAIN], "regression") is None


def test_leakage__classes_in_few_rows__may_be_chance() -> None:
    lucky = Column("petal", "number", 77, explained=Explained(1.0, 0.91, 77))

    assert leakage([lucky, PLAIN], "multiclass") is None
    assert leakage([explained(0.985, 0.96), PLAIN], "multiclass") is not None


def test_leakage__only_column__is_a_note() -> None:
    verdict = leakage([explained(1.0)], "regression")

    assert verdict is not None
    assert verdict.severity == "note"


def test_identifier__levels_that_are_new__are_named() -> None:
    verdict = identifier([Column("ticket", "category", 500, new=0.67), PLAIN], 500)

    assert verdict is not None
    assert verdict.seen == "'ticket': 67% of validation rows have a value absent from training."
    assert verdict.severity == "warning"


def test_identifier__mostly_missing__is_a_note() -> None:
    assert identifier([Column("cabin", "category", 400, new=0.67, helps=True), PLAIN], 500) is None
    verdict = identifier([Column("cabin", "category", 100, new=0.67)], 500)

    assert verdict is not None
    assert verdict.severity == "note"


def test_drift__far_and_no_chance__is_named_with_its_distance() -> None:
    moved = Column("day", "number", 500, shift=Shift(0.4, 1e-9))
    by_chance = Column("age", "number", 500, shift=Shift(0.4, 0.01))
    tiny = Column("size", "number", 500, shift=Shift(0.05, 1e-9))

    verdict = drift([moved, by_chance, tiny])

    assert verdict is not None
    assert verdict.seen.startswith("1 of 3 columns differ")
    assert "'day' (0.40)" in verdict.seen
    assert drift([by_chance, tiny]) is None


def test_drift__many_columns__make_chance_likelier() -> None:
    moved = Column("day", "number", 500, shift=Shift(0.4, 5e-5))

    assert drift([moved]) is not None
    assert drift([moved, *[PLAIN] * 50]) is None

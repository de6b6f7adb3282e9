from __future__ import annotations

from dataclasses import replace

import pytest

from netable.doctor.rows import (
    Rows,
    Tail,
    class_imbalance,
    duplicate_rows,
    target_scale,
    too_little_data,
)

SOUND = Rows(
    learned=500,
    columns=10,
    widest=128,
    labels=("no", "yes"),
    counts=(300, 200),
    balanced=False,
    judged=500,
    twins=0,
    pairs=0.0,
    pairs_by_chance=0.0,
    near=0.0,
)
TAIL = Tail("price", 500, heaviest=0.2, squares=True, may_log=True)


def test_rows__sound__are_nothing_to_say_of() -> None:
    for judge in (too_little_data, class_imbalance, duplicate_rows):
        assert judge(SOUND) is None


@pytest.mark.parametrize(
    ("rows", "columns", "widest", "severity"),
    [(9, 10, 0, "serious"), (49, 10, 0, "warning"), (49, 2, 0, "warning"), (100, 2, 500, "note")],
)
def test_too_little_data__few_rows__by_how_much(rows: int, columns: int, widest: int, severity: str) -> None:
    verdict = too_little_data(replace(SOUND, learned=rows, columns=columns, widest=widest))

    assert verdict is not None
    assert verdict.severity == severity
    assert verdict.seen.startswith(f"{rows} training rows for {columns} columns")


def test_class_imbalance__rare_class__is_named_with_its_share() -> None:
    verdict = class_imbalance(replace(SOUND, counts=(970, 30)))

    assert verdict is not None
    assert verdict.seen == (
        "'yes' is the class of 30 of 1000 rows (3.0%); always predicting 'no' is right in 97.0%."
    )


@pytest.mark.parametrize("counts", [(48, 2), (880, 120)])
def test_class_imbalance__few_rows_or_common_enough__may_be_chance(counts: tuple[int, int]) -> None:
    assert class_imbalance(replace(SOUND, counts=counts)) is None


def test_class_imbalance__classes_that_were_weighted__are_well() -> None:
    assert class_imbalance(replace(SOUND, counts=(970, 30), balanced=True)) is None


def test_duplicate_rows__copies__are_counted() -> None:
    copies = replace(SOUND, twins=60, pairs=60.0, pairs_by_chance=1e-9, near=20.0)

    verdict = duplicate_rows(copies)

    assert verdict is not None
    assert verdict.severity == "serious"
    assert verdict.seen.startswith("60 of 500 validation rows (12%) equal")
    few = duplicate_rows(replace(copies, twins=8))
    assert few is not None
    assert few.severity == "warning"


@pytest.mark.parametrize(
    "coarse", [{"pairs_by_chance": 30.0}, {"near": 300.0}, {"twins": 4}], ids=["chance", "coarse", "few"]
)
def test_duplicate_rows__rows_of_few_values__are_no_copies(coarse: dict[str, float]) -> None:
    copies = {"twins": 60, "pairs": 60.0, "pairs_by_chance": 1e-9, "near": 20.0}

    assert duplicate_rows(replace(SOUND, **(copies | coarse))) is None  # type: ignore[arg-type]


def test_target_scale__few_rows_with_most_of_the_squares__offers_a_logarithm_if_there_is_one() -> None:
    heavy = replace(TAIL, heaviest=0.7)

    verdict = target_scale([TAIL, heavy])

    assert verdict is not None
    assert "'price'" in verdict.seen
    assert "70%" in verdict.seen
    assert 'target_transform="log"' in verdict.try_
    signed = target_scale([replace(heavy, may_log=False)])
    assert signed is not None
    assert "log" not in signed.try_


@pytest.mark.parametrize("change", [{"heaviest": 0.3}, {"squares": False}, {"rows": 60}])
def test_target_scale__no_need__is_silent(change: dict[str, float]) -> None:
    assert target_scale([replace(TAIL, **({"heaviest": 0.7} | change))]) is None  # type: ignore[arg-type]

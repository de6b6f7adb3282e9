from __future__ import annotations

from typing import Literal

import pytest

from netable.doctor.columns import Explained
from netable.doctor.combined import Combination, joint_leakage


def combination(
    share: float = 1.0,
    at_least: float = 1.0,
    rows: int = 500,
    kind: Literal["formula", "order", "table"] = "formula",
    columns: tuple[str, ...] = ("unit", "count"),
) -> Combination:
    formula = "" if kind == "table" else "'unit' × 'count'"
    return Combination("total", columns, kind, formula, Explained(share, at_least, rows))


def test_joint_leakage__formula__is_written_and_both_cases_are_named() -> None:
    verdict = joint_leakage([combination()], 9, "regression")

    assert verdict is not None
    assert (verdict.id, verdict.severity) == ("leakage", "warning")
    assert verdict.seen.startswith(
        "'total' is 'unit' × 'count', which explains 100% of the variance (500 rows)"
    )
    assert "together give the target exactly" in verdict.why
    assert 'ignore_columns=["unit", "count"]' in verdict.try_
    assert "if all are known before, compute the target by this formula" in verdict.try_


def test_joint_leakage__table_and_order__follow() -> None:
    table, order = (joint_leakage([combination(kind=kind)], 9, "binary") for kind in ("table", "order"))

    assert table is not None
    assert order is not None
    assert table.seen.startswith(
        "'total' follows from 'unit' and 'count' together, which explains 100% of the uncert"
    )
    assert order.seen.startswith("'total' follows from 'unit' × 'count', which")


def test_joint_leakage__all_columns__is_a_note() -> None:
    verdict = joint_leakage([combination()], 2, "regression")

    assert verdict is not None
    assert verdict.severity == "note"


def test_joint_leakage__several__is_the_one_of_fewest_columns() -> None:
    longer = combination(columns=("a", "b", "c"))
    verdict = joint_leakage([longer, combination()], 9, "regression")

    assert verdict is not None
    assert verdict.try_.count("unit") == 1


@pytest.mark.parametrize(
    "almost",
    [combination(share=0.998), combination(at_least=0.9), combination(rows=40)],
)
def test_joint_leakage__not_exact_or_few_rows__is_none(almost: Combination) -> None:
    assert joint_leakage([almost], 9, "regression") is None


def test_joint_leakage__slip_in_a_class__is_still_exact() -> None:
    assert joint_leakage([combination(share=0.996)], 9, "binary") is not None
    assert joint_leakage([combination(share=0.99)], 9, "binary") is None

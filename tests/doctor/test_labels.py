from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from netable.doctor.labels import suspect_labels, suspect_numbers

Floats = NDArray[np.float64]


def two_classes(confidence: Floats, truth: NDArray[np.int64]) -> Floats:
    """Probabilities that give the truth a confidence each."""
    outcome = np.empty((len(truth), 2))
    outcome[np.arange(len(truth)), truth] = confidence
    outcome[np.arange(len(truth)), 1 - truth] = 1 - confidence
    return outcome


def test_suspect_labels__flipped_among_sure_rows__are_listed_first_of_all(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 2, 600)
    outcome = two_classes(rng.uniform(0.9, 0.97, 600), truth)
    y = truth.copy()
    y[[3, 77, *range(200, 234)]] ^= 1
    outcome[77] = [0.01, 0.99] if truth[77] else [0.99, 0.01]

    verdict = suspect_labels(y, outcome, np.arange(600), "table")

    assert verdict is not None
    assert "In 36 of 600 rows (6.0%)" in verdict.seen
    assert "the most improbable first: rows 78, " in verdict.seen
    assert verdict.seen.endswith("and 16 more (counted from 1) of the table.")


def test_suspect_labels__classes_that_overlap__are_not_wrong(rng: np.random.Generator) -> None:
    chance = rng.beta(0.8, 0.8, 2000)
    y = (rng.random(2000) < chance).astype(np.int64)

    assert suspect_labels(y, np.column_stack([1 - chance, chance]), np.arange(2000), "table") is None


def test_suspect_labels__columns_that_tell_nothing__are_not_wrong(rng: np.random.Generator) -> None:
    y = (rng.random(2000) < 0.05).astype(np.int64)
    outcome = np.tile([0.95, 0.05], (2000, 1))

    assert suspect_labels(y, outcome, np.arange(2000), "table") is None


def test_suspect_labels__odder_than_the_probabilities_allow__are_found(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 2, 2000)
    outcome = two_classes(np.full(2000, 0.9995), truth)
    y = truth.copy()
    y[:12] ^= 1

    verdict = suspect_labels(y, outcome, np.arange(2000) + 100, "validation table")

    assert verdict is not None
    assert "12 labels are suspect" in verdict.seen
    assert "rows 101, 102, " in verdict.seen
    assert verdict.seen.endswith("of the validation table.")


def test_suspect_numbers__slips__are_listed_the_farthest_first(rng: np.random.Generator) -> None:
    outcome = rng.normal(size=(400, 1)) * 10
    y = outcome + rng.normal(size=(400, 1))
    y[[5, 17, 42, 99], 0] += [900.0, 60.0, 400.0, 150.0]

    verdict = suspect_numbers(y, outcome, np.arange(400), "table")

    assert verdict is not None
    assert verdict.seen.startswith("4 of 400 rows have an error more than 10 times the usual one")
    assert "rows 6, 43, 100, 18 (counted from 1)" in verdict.seen


def test_suspect_labels__few_rows_with_improbable_labels__are_found(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 2, 160)
    outcome = two_classes(np.full(160, 0.994), truth)
    clean, y = truth.copy(), truth.copy()
    clean[:2] ^= 1
    y[:6] ^= 1

    assert suspect_labels(clean, outcome, np.arange(160), "table") is None
    verdict = suspect_labels(y, outcome, np.arange(160), "table")
    assert verdict is not None
    assert "6 labels are suspect" in verdict.seen


def test_suspect_numbers__single_slip__is_told_from_a_heavy_tail(rng: np.random.Generator) -> None:
    outcome = rng.normal(size=(400, 1)) * 10
    light, heavy = outcome + rng.normal(size=(400, 1)), outcome + rng.standard_cauchy((400, 1))
    light[7] += 40.0

    verdict = suspect_numbers(light, outcome, np.arange(400), "table")

    assert verdict is not None
    assert verdict.seen.startswith("1 of 400 rows has an error")
    assert "row 8 (counted from 1)" in verdict.seen
    errors = np.abs(heavy - outcome)
    heavy = np.where(errors > 9 * np.quantile(errors, 0.9), outcome, heavy)
    heavy[7] = outcome[7] + 8 * np.quantile(np.abs(heavy - outcome), 0.98)
    far = suspect_numbers(heavy, outcome, np.arange(400), "table")
    assert far is None or not far.seen.startswith("1 of")


def test_suspect_numbers__spread_that_grows__is_no_slip(rng: np.random.Generator) -> None:
    outcome = np.exp(rng.normal(size=(1000, 1)) * 2)

    assert (
        suspect_numbers(outcome + outcome * rng.normal(size=(1000, 1)), outcome, np.arange(1000), "table")
        is None
    )


def test_suspect_numbers__no_error_at_all__is_silent() -> None:
    y = np.arange(100.0)[:, None]

    assert suspect_numbers(y, y, np.arange(100), "table") is None

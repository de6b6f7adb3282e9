from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import f_oneway

from netable.doctor.outcome import (
    OutcomeEvidence,
    _by_chance,
    class_never_predicted,
    diagnose_outcome,
    folds_disagree,
    miscalibrated,
    underfitting,
)

ROWS = 800


def sound(rng: np.random.Generator) -> OutcomeEvidence:
    """Three classes that are as probable as they are said to be."""
    outcome = rng.dirichlet([0.3, 0.3, 0.3], ROWS)
    y = (outcome.cumsum(1) < rng.random((ROWS, 1))).sum(1).clip(max=2)
    loss = -np.log(outcome[np.arange(ROWS), y].clip(1e-9))
    return OutcomeEvidence(
        y=y,
        outcome=outcome,
        part=np.arange(ROWS) % 4,
        loss=loss,
        constant_loss=np.full(ROWS, np.log(3)),
        labels=("a", "b", "c"),
        weighted=False,
        uneven=False,
        numbers=np.arange(ROWS),
        table="table",
        linear_loss=loss + rng.uniform(0, 1, ROWS),
    )


@pytest.fixture
def evidence(rng: np.random.Generator) -> OutcomeEvidence:
    return sound(rng)


def test_diagnose_outcome__sound__has_nothing_to_say(evidence: OutcomeEvidence) -> None:
    assert diagnose_outcome(evidence) == []


@pytest.mark.slow
def test_diagnose_outcome__a_thousand_sound_runs__hardly_ever_alarm() -> None:
    alarms = sum(bool(diagnose_outcome(sound(np.random.default_rng(seed)))) for seed in range(1000))

    assert alarms <= 5


def test_diagnose_outcome__few_rows__tell_nothing(evidence: OutcomeEvidence) -> None:
    few = {
        name: getattr(evidence, name)[:20]
        for name in ("y", "outcome", "part", "loss", "constant_loss", "numbers")
    }
    poor = replace(evidence, **few, linear_loss=None)

    assert diagnose_outcome(replace(poor, loss=poor.loss + 9)) == []


def test_underfitting__surely_but_hardly_better__is_a_warning_for_numbers(rng: np.random.Generator) -> None:
    loss = 1 + 0.001 * rng.random(ROWS)
    hardly = replace(sound(rng), labels=(), loss=loss, constant_loss=loss + 0.005, linear_loss=None)
    verdict = underfitting(hardly)

    assert verdict
    assert verdict.severity == "warning"
    assert "hardly below that of a constant prediction" in verdict.seen
    assert underfitting(replace(hardly, labels=("a", "b"))) is None  # rare classes have small gains
    assert underfitting(replace(hardly, constant_loss=loss + 0.02)) is None


def test_underfitting__no_better_than_a_constant__is_serious(evidence: OutcomeEvidence) -> None:
    verdict = underfitting(replace(evidence, constant_loss=evidence.loss + 0.001 * np.sin(np.arange(ROWS))))

    assert verdict is not None
    assert verdict.severity == "serious"
    assert "that of a constant prediction is" in verdict.seen


def test_underfitting__worse_than_a_line__is_a_warning(evidence: OutcomeEvidence) -> None:
    verdict = underfitting(replace(evidence, linear_loss=evidence.loss * 0.8))

    assert verdict is not None
    assert verdict.severity == "warning"
    assert "On 800 held-out rows" in verdict.seen
    assert 'model="linear"' in verdict.try_


def test_underfitting__as_good_as_a_line__is_well(
    evidence: OutcomeEvidence, rng: np.random.Generator
) -> None:
    linear_loss = evidence.loss + rng.normal(size=ROWS) * 0.1

    assert underfitting(replace(evidence, linear_loss=linear_loss)) is None


def test_folds_disagree__one_much_worse__is_said_with_the_range(evidence: OutcomeEvidence) -> None:
    loss = evidence.loss + 2.0 * (evidence.part == 3)

    verdict = folds_disagree(replace(evidence, loss=loss))

    assert verdict is not None
    assert f"to {loss[evidence.part == 3].mean():.4g}" in verdict.seen
    assert "group_column" in verdict.try_
    declared = folds_disagree(replace(evidence, loss=loss, declared=True))
    assert declared is not None
    assert "group_column" not in declared.try_


def test_folds_disagree__one_row_far_off__is_chance(evidence: OutcomeEvidence) -> None:
    loss = evidence.loss.copy()
    loss[3] = 1e4

    assert folds_disagree(replace(evidence, loss=loss)) is None


def test_miscalibrated__too_sure__says_what_occurred(evidence: OutcomeEvidence) -> None:
    sharp = evidence.outcome**3
    verdict = miscalibrated(replace(evidence, outcome=sharp / sharp.sum(1, keepdims=True)))

    assert verdict is not None
    assert verdict.severity == "warning"
    assert "the class has" in verdict.seen


def test_miscalibrated__weighted_classes__are_a_note_on_their_weights(evidence: OutcomeEvidence) -> None:
    shifted = evidence.outcome * [4.0, 1.0, 1.0]
    verdict = miscalibrated(replace(evidence, outcome=shifted / shifted.sum(1, keepdims=True), weighted=True))

    assert verdict is not None
    assert verdict.severity == "note"
    assert verdict.try_.startswith("remove class_weight")


def test_class_never_predicted__rare_class__is_named(evidence: OutcomeEvidence) -> None:
    outcome = evidence.outcome.copy()
    outcome[:, 2] = 0.0

    verdict = class_never_predicted(replace(evidence, outcome=outcome))

    assert verdict is not None
    count = int((evidence.y == 2).sum())
    assert (
        verdict.seen
        == f"'c' is the class of {count} of {ROWS} rows, and was predicted for 0, correctly for 0."
    )


def test_class_never_predicted__class_of_four_rows__is_too_few_to_say(evidence: OutcomeEvidence) -> None:
    outcome, y = evidence.outcome.copy(), evidence.y.copy()
    outcome[:, 2] = 0.0
    y[y == 2] = 0
    y[:4] = 2

    assert class_never_predicted(replace(evidence, outcome=outcome, y=y)) is None


def test_diagnose_outcome__weighted_classes__are_not_compared_by_losses_of_rows_as_they_are(
    evidence: OutcomeEvidence,
) -> None:
    poor = replace(evidence, loss=evidence.loss + 9)

    assert [verdict.id for verdict in diagnose_outcome(poor)] == ["underfitting"]
    assert diagnose_outcome(replace(poor, weighted=True)) == []


def test_miscalibrated__a_few_improbable_rows_of_few__may_be_chance(evidence: OutcomeEvidence) -> None:
    outcome = np.tile([0.998, 0.001, 0.001], (60, 1))
    y = np.zeros(60, dtype=np.int64)
    y[:3] = 1

    assert miscalibrated(replace(evidence, outcome=outcome, y=y)) is None
    y[:20] = 1
    assert miscalibrated(replace(evidence, outcome=outcome, y=y)) is not None


def test_by_chance__groups_of_different_sizes__is_the_analysis_of_variance_of_scipy() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.normal(1000 + 0.3 * i, 1.0, size) for i, size in enumerate((30, 40, 50))]

    assert _by_chance(groups) == pytest.approx(f_oneway(*groups).pvalue)


def test_by_chance__groups_of_one_value_each__are_never_by_chance() -> None:
    assert _by_chance([np.zeros(3), np.ones(3)]) == 0.0

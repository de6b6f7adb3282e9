"""Verdicts on runs that are made up, each just on one side of a threshold or the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from netable.doctor.training import Run, diagnose_early, diagnose_training


def run(losses: list[float] | None = None, valid: list[float] | None = None, **told: Any) -> Run:
    """A healthy run against a constant's loss of 1, or what is told of it."""
    losses = losses or [0.9, 0.6, 0.4, 0.32, 0.3, 0.29, 0.28, 0.28]
    settings: dict[str, Any] = {
        "train_loss": np.array(losses)[:, None] * np.ones(3),
        "valid_loss": np.array(valid or losses) + 0.0,
        "constant_loss": 1.0,
        "first_loss": 1.0,
        "first_ratio": 1.0,
        "max_epochs": len(losses),
        "keeps_best": True,
        "lr": 0.003,
        "usual_lr": 0.003,
        "activation": "relu",
    }
    return Run(**settings | told)


def ids(*runs: Run) -> list[str]:
    return [verdict.id for verdict in diagnose_training(runs)]


def test_diagnose_training__healthy_run__has_no_verdict() -> None:
    assert ids(run(), run()) == []


def test_lr_too_high__an_epoch_above_a_constant__is_named_with_the_default() -> None:
    [verdict] = diagnose_training([run([0.9, 40.0, 2.0, 0.5, 0.4, 0.4, 0.4, 0.4], lr=1.0)])

    assert verdict.id == "lr_too_high"
    assert verdict.severity == "warning"
    assert verdict.seen == (
        "In epoch 2 the training loss was 40 times that of a constant, at a learning rate of at most 1."
    )
    assert verdict.try_ == "lr=0.003, the default; or clip_norm=1."


def test_lr_too_high__usual_rate__is_blamed_only_if_the_run_does_not_recover() -> None:
    assert ids(run([3.0, 1.0, 0.6, 0.31, 0.3, 0.3, 0.3, 0.3])) == []
    assert diagnose_early(run([9.0, 8.0], max_epochs=20)) == []
    assert ids(run([3.0, 2.0, 1.6, 1.4, 1.3, 1.3])) == ["lr_too_high"]
    assert ids(run([3.0, 1.0, 0.6, 0.4, 0.3, 0.3], lr=0.01)) == ["lr_too_high"]


def test_lr_too_high__one_member_or_a_bad_start__is_not_the_rate() -> None:
    losses = run().train_loss
    losses[2, 0] = 90
    assert ids(replace(run(), train_loss=losses)) == []
    assert ids(run([7.0, 3.0, 0.8, 0.4, 0.3, 0.3, 0.3, 0.3], first_loss=9.0, first_ratio=9.0)) == [
        "bad_first_loss"
    ]


def test_lr_too_high__diverged__is_serious_and_so_is_the_gradient() -> None:
    found = diagnose_training([run(ending="diverged", usual_lr=np.nan)])

    assert [(v.id, v.severity) for v in found] == [
        ("lr_too_high", "serious"),
        ("exploding_gradient", "serious"),
    ]
    assert found[0].try_ == "lr=0.0003, a tenth; or clip_norm=1."


@pytest.mark.parametrize(
    ("losses", "usual", "found"),
    [
        ([1.0, 0.999, 0.998, 0.997, 0.996, 0.995], 0.003, ["lr_too_low"]),
        ([1.0, 0.999, 0.998, 0.997, 0.996, 0.995], 1e-5, []),  # little to learn, at the usual rate
        ([1.0, 0.999, 0.998, 0.997, 0.996, 0.995], np.nan, ["lr_too_low"]),
        ([1.0, 0.999, 1.001, 0.998, 1.0, 0.995], np.nan, []),
        ([1.0, 0.9, 0.8, 0.7, 0.6, 0.5], 0.003, ["lr_too_low"]),  # not yet at the end
    ],
)
def test_lr_too_low__hardly_anything_learned__is_found_below_the_usual_rate(
    losses: list[float], usual: float, found: list[str]
) -> None:
    assert ids(run(losses, lr=1e-5, usual_lr=usual)) == found


def test_stopped_early__still_falling__is_said_unless_another_stack_has_ended() -> None:
    falling = run([0.95, 0.9, 0.8, 0.6])
    [verdict] = diagnose_training([falling])

    assert verdict.id == "stopped_early"
    assert verdict.seen.startswith(
        "After 4 epochs max_epochs=4 was reached, and the loss was still falling: "
    )
    assert verdict.try_.startswith("max_epochs=16")
    assert ids(falling, falling) == ["stopped_early"]
    assert ids(falling, run()) == []
    assert ids(replace(falling, ending="stopped early")) == []


def test_stopped_early__one_epoch_or_no_time__is_said() -> None:
    [verdict] = diagnose_training([run([0.9])])
    assert verdict.id == "stopped_early"
    assert verdict.seen == "After 1 epoch max_epochs=1 was reached, and the loss was still falling."
    [verdict] = diagnose_training([run([0.95, 0.9, 0.8, 0.6], ending="out of time")])
    assert "the time limit was reached" in verdict.seen
    assert verdict.try_ == "a longer time_limit."
    assert verdict.try_.startswith("a longer time_limit")


def test_overfitting__last_weights_kept__names_the_best_epoch() -> None:
    losses, valid = [0.9, 0.5, 0.3, 0.2, 0.1, 0.05], [0.95, 0.6, 0.5, 0.55, 0.7, 0.8]
    [verdict] = diagnose_training([run(losses, valid, keeps_best=False)])

    assert verdict.id == "overfitting"
    assert verdict.severity == "warning"
    assert verdict.seen == (
        "The validation loss was lowest in epoch 3 (0.5) and rose to 0.8 by epoch 6; the training loss fell to 0.05, "
        "and the last weights were kept."
    )
    assert ids(run(losses, valid)) == []  # the best epoch was kept
    assert diagnose_training([run(losses, [*valid[:5], 1.2], keeps_best=False)])[0].severity == "serious"


@pytest.mark.parametrize(("train", "found"), [(0.05, []), (0.01, ["overfitting"])])
def test_overfitting__rows_learned_by_heart__is_said_of_the_best_epoch_too(
    train: float, found: list[str]
) -> None:
    assert ids(run([0.9, 0.3, 0.1, train], [0.95, 0.8, 0.65, 0.6])) == (found or ["stopped_early"])


@pytest.mark.parametrize(("ratio", "severity"), [(1.4, None), (2.0, "note"), (20.0, "warning")])
def test_bad_first_loss__far_above_a_constant__is_said(ratio: float, severity: str | None) -> None:
    found = diagnose_training([run(first_ratio=ratio)])
    assert [verdict.severity for verdict in found] == ([severity] if severity else [])


def test_diagnose_training__several_stacks__say_a_thing_once_and_gravely() -> None:
    mild = run([0.9, 2.0, 0.5, 0.4, 0.4, 0.4])
    found = diagnose_training([mild, run([1.1, 3.0, 2.5, 2.0, 1.5, 1.1]), mild])
    assert [(verdict.id, verdict.severity) for verdict in found] == [("lr_too_high", "serious")]


def test_diagnose_early__few_epochs__do_not_tell_of_a_low_rate_yet() -> None:
    flat = [1.0, 0.9995, 0.999, 0.998, 0.997]
    assert diagnose_early(run(flat, lr=1e-6, max_epochs=50)) == []
    assert [v.id for v in diagnose_early(run(flat, lr=1e-6, max_epochs=20))] == ["lr_too_low"]
    assert [v.id for v in diagnose_early(run([9.0, 8.0], lr=1.0, max_epochs=20))] == ["lr_too_high"]

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netable.first_look import time_needed
from netable.first_look.time_needed import EPOCHS, STEPS, estimate, trial_of
from netable.system.agenda import Part
from preparing import numbers, prepared


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """An epoch of the trial takes a second."""
    monkeypatch.setattr(time_needed, "_seconds_of_epoch", lambda trial: 1.0)


def test_trial__long_table__takes_few_steps_of_the_same_size() -> None:
    whole = prepared(numbers(4_000), batch_size=32)

    trial = trial_of(whole)

    assert trial.recipe.batch_size == 32
    assert trial.recipe.max_epochs == EPOCHS
    assert trial.recipe.stacks == whole.recipe.stacks
    assert max(map(len, trial.plan.train_rows)) == pytest.approx(32 * STEPS, rel=0.1)
    for rows, held in zip(trial.plan.train_rows, trial.plan.held_out, strict=True):
        assert not np.isin(rows, held.rows).any()
        assert len(rows) + len(held.rows) == len(trial.rows)


def test_trial__short_table__takes_all_rows() -> None:
    assert len(trial_of(prepared(numbers(200))).rows) == 200


def test_trial__part_without_a_row__takes_all_rows() -> None:
    groups = pa.array(["one"] * 399 + ["two", "three", "four"])
    whole = prepared(numbers(402, g=groups), batch_size=2, group_column="g", folds=4)

    assert len(trial_of(whole).rows) == 402


@pytest.mark.usefixtures("one_second")
def test_estimate__rows_and_epochs__scale_what_was_timed() -> None:
    whole = prepared(numbers(4_000), batch_size=32, max_epochs=10, schedule="constant")

    seconds = estimate(whole, reading=2.0, preparing=3.0, time_limit=None)

    share = len(trial_of(whole).rows) / 4_000
    assert seconds.parts["training"] == pytest.approx(10 / share, rel=0.1)
    assert seconds.parts["reading"] == 2.0
    assert seconds.seconds == seconds.at_most == pytest.approx(sum(seconds.parts.values()))


@pytest.mark.usefixtures("one_second")
def test_estimate__waves__end_early_usually_and_never_later_than_all_epochs() -> None:
    seconds = estimate(prepared(numbers(), max_epochs=30, schedule="coslog5"), 0.0, 0.0, None)

    rest = sum(seconds.parts.values()) - seconds.parts["training"]
    assert seconds.at_most == pytest.approx(30 + rest)
    assert seconds.parts["training"] == pytest.approx(30 * 0.33, rel=0.02)
    assert "stop after about 33% of their 30 epochs" in seconds.how


@pytest.mark.usefixtures("one_second")
def test_estimate__time_limit__is_kept_and_what_follows_counts() -> None:
    whole = prepared(numbers(), max_epochs=30)

    assert estimate(whole, 0.0, 0.0, 5.0).at_most == 5.0
    without = estimate(whole, 0.0, 0.0, None)
    with_report = estimate(whole, 0.0, 0.0, None, [Part("report", 4.0)])
    assert with_report.seconds - without.seconds == pytest.approx(4.0)
    assert with_report.parts["writing"] == 4.0


def test_estimate__real_steps__take_time() -> None:
    small = prepared(numbers(150), folds=2, model="linear", max_epochs=2)

    seconds = estimate(small, 0.0, 0.0, None)

    assert 0 < seconds.parts["training"] < 60
    assert "2 short epochs of 150 rows were timed on this machine" in seconds.how

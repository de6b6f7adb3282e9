"""What follows training within a time limit."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest

from netable.config.settings import Settings
from netable.errors import TrainingWarning
from netable.fit.closing import GUARD, LINEAR, ROWS, SCORE, STRUCTURE, closing_parts
from netable.fit.fit import fit
from netable.system.agenda import Agenda, Part
from small import QUICK, make_table


def test_closing_parts__longer_tables__take_longer_and_only_the_score_is_needed() -> None:
    short, long = closing_parts(1_000), closing_parts(100_000)

    assert [part.name for part in short] == [SCORE, LINEAR, STRUCTURE, GUARD, ROWS]
    assert [part.name for part in short if part.is_needed] == [SCORE]
    assert all(one.seconds < other.seconds for one, other in zip(short, long, strict=True))


def test_fit__without_a_limit__leaves_nothing_out() -> None:
    model = fit(make_table(120), Settings(target="price", **QUICK))

    assert model.results["no_time_for"] == []
    assert model.results["linear"]["linear"]


def test_fit__limit_over_before_training__still_gives_a_scored_model_and_says_so() -> None:
    table = make_table(120)
    with pytest.warns(
        TrainingWarning, match=r"^time_limit=1 is too short for this table: \d+\.\d s have passed"
    ):
        model = fit(
            table,
            Settings(target="price", time_limit=1.0, **QUICK),
            agenda=Agenda(1.0, began=perf_counter() - 60),
        )

    assert model.results["no_time_for"] == [LINEAR, STRUCTURE, GUARD, ROWS]
    assert model.results["linear"] == {}
    assert model.reference is None
    assert model.history.ending == "out of time"
    assert {verdict.id for verdict in model.diagnose()} <= {
        "stopped_early",
        "too_few_epochs",
        "still_falling",
    }
    assert np.isfinite(model.results["valid"]["rmse"])
    assert np.isfinite(model.predict(table)).all()


def test_fit__parts_that_follow__are_left_to_the_caller() -> None:
    agenda = Agenda(1e6)
    agenda.add([Part("the files", 1.0, is_needed=True)])
    fit(make_table(120), Settings(target="price", time_limit=1e6, **QUICK), agenda=agenda)

    assert agenda.left_out == []
    assert agenda.has_room("the files")

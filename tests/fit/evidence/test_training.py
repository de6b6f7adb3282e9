from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netable.config.settings import config_from
from netable.doctor import Verdict
from netable.fit.evidence.diagnosis import diagnose_run
from netable.fit.evidence.training import EarlySigns, gather_training
from netable.fit.fit import fit
from netable.fit.members.watcher import RunningStack, Watcher
from netable.train import Epoch, History, Reading
from small import QUICK, make_table, recipe_of
from watching import Calls

RECIPE = recipe_of(lr=5.0)


def epoch(number: int, loss: float, *, max_epochs: int = 9, stack: int = 0) -> Epoch:
    return Epoch(number, [loss, loss], [0.5, None], 0.1 * number, 1.0, max_epochs, stack)


def reading(number: int, loss: float, *, stack: int = 0) -> Reading:
    return Reading(
        number, number, [loss, loss], {"a": 1.0, "b": 2.0, "head": 3.0}, [4.0, 5.0], {"r": 0.9}, {}, stack
    )


def see(signs: EarlySigns, *epochs: Epoch) -> None:
    """Let the last of a stack's epochs end."""
    signs.on_epoch(epochs[-1], RunningStack(RECIPE, History(list(epochs)), 1.0, lambda: None))  # type: ignore


def test_gather_training__two_stacks__are_two_runs() -> None:
    history = History([epoch(1, 0.9), epoch(1, 0.8, stack=1), epoch(2, 0.7)], constant_loss=1.0)
    history.readings = [reading(1, 1.0), reading(1, 2.0, stack=1)]
    first, second = gather_training(history)

    assert first.train_loss.tolist() == [[0.9, 0.9], [0.7, 0.7]]
    assert first.valid_loss.tolist() == [0.5, 0.5]
    assert first.lr == 0.2
    assert np.isnan(first.usual_lr)
    assert first.gradient_norms.tolist() == [[1.0, 2.0]]
    assert (first.first_loss, second.first_loss) == (1.0, 2.0)


def test_gather_training__units_of_few_readings_or_without_a_finite_loss__are_not_known() -> None:
    history = History([epoch(1, 0.9)], readings=[reading(i, 1.0) for i in range(1, 4)])
    assert gather_training(history)[0].dead == {}
    history.readings += [reading(4, 1.0), reading(5, np.nan)._replace(dead={"r": 1.0})]
    assert gather_training(history)[0].dead == {"r": 0.9}


def test_gather_training__configuration__tells_the_rate_and_the_usual_one() -> None:
    run = gather_training(History([epoch(1, 0.9)]), [RECIPE])[0]
    assert (run.lr, run.usual_lr) == pytest.approx((5.0, 0.009))


def test_gather_training__trees__take_no_steps_that_could_be_judged() -> None:
    history = History([epoch(1, 0.9), epoch(1, 9.0, stack=1)], constant_loss=1.0)
    (run,) = gather_training(history, [RECIPE, replace(RECIPE, model="trees")])

    assert run.train_loss.tolist() == [[0.9, 0.9]]


def test_gather_training__stopped_at_the_last_epoch__has_finished() -> None:
    history = History([epoch(1, 0.9, max_epochs=2), epoch(2, 0.8, max_epochs=2)], "stopped early")
    assert gather_training(history)[0].ending == "finished"
    history.epochs.pop()
    assert gather_training(history)[0].ending == "stopped early"


def test_early_signs__losses_above_a_constant__are_told_when_they_are_seen() -> None:
    verdicts: list[Verdict] = []
    signs = EarlySigns(Calls(on_verdict=verdicts.append))
    see(signs, epoch(1, 0.9))
    assert not verdicts
    see(signs, epoch(1, 0.9), epoch(2, 30.0))
    see(signs, epoch(1, 0.9), epoch(2, 30.0), epoch(3, 31.0))

    assert [verdict.id for verdict in verdicts] == ["lr_too_high"]


def test_fit__rate_far_too_high__is_told_early_once_and_in_the_results() -> None:
    verdicts: list[Verdict] = []
    settings = QUICK | {"target": "price", "optimizer": "adamw", "lr": 30.0, "max_epochs": 6}
    model = fit(make_table(), config_from(settings), watchers=[Calls(on_verdict=verdicts.append)])

    assert [verdict.id for verdict in verdicts] == ["lr_too_high"]
    assert "lr_too_high" in [verdict.id for verdict in model.diagnose()]
    assert model.results["probes"][0].keys() == {
        "stack",
        "epoch",
        "step",
        "gradient_norms",
        "dead",
        "saturated",
    }


@pytest.mark.parametrize("target", ["price", "dear", "third"])
def test_fit__first_loss__is_that_of_a_constant(target: str) -> None:
    history = fit(make_table(), config_from(QUICK | {"target": target})).history
    assert history.constant_loss
    assert history.first_ratio == pytest.approx(1, abs=0.1)
    first = np.mean(history.readings[0].loss)
    assert first == pytest.approx(history.constant_loss, rel=0.3)


def test_fit__ten_sigmoid_layers__are_found_in_any_task() -> None:
    settings = QUICK | {"model": "mlp", "activation": "sigmoid", "hidden_layer_sizes": (8,) * 10}
    for target in ("price", "dear"):
        model = fit(make_table(), config_from(settings | {"target": target}))
        assert "vanishing_gradient" in [verdict.id for verdict in model.diagnose()]


def test_diagnose_run__nothing_known__says_nothing() -> None:
    assert diagnose_run(History()) == []


def test_gather_training__stacks_that_ended_differently__have_their_own_endings() -> None:
    history = History([epoch(1, 0.9), epoch(1, 0.8, stack=1)], ending="diverged")
    history.endings = ["finished", "diverged"]

    assert [run.ending for run in gather_training(history)] == ["finished", "diverged"]


def test_gather_training__losses_below_zero__have_no_constant_to_compare_with() -> None:
    history = History([epoch(1, -1.0), epoch(2, -5.0)], constant_loss=-1.0)

    assert np.isnan(gather_training(history)[0].constant_loss)
    assert diagnose_run(history) == []


def test_early_signs__long_run__are_looked_for_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(
        "netable.fit.evidence.training.diagnose_early", lambda run: looked.append(run.epochs) or []
    )
    signs = EarlySigns(Watcher())
    epochs = [epoch(number, 0.5) for number in range(1, 70)]
    for number in range(1, 70):
        see(signs, *epochs[:number])

    assert looked == [*range(1, 17), 32, 64]

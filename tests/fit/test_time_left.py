from __future__ import annotations

import pytest

from netable.fit.time_left import TimeLeft
from netable.train import Epoch, Phase


class Run:
    """One stack of a hundred epochs, whose validation loss falls, with a clock of its own."""

    def __init__(self, **phase) -> None:
        self.now = 0.0
        self.left = TimeLeft(lambda: self.now)
        whole = {"is_trial": False, "stacks": 1, "max_epochs": 100, "runs": 1, "before": 0.0, "share": 1.0}
        self.left.begin(Phase(**whole | phase))

    def go(self, epochs, *, seconds=1.0, schedule="coslog5", loss=None, stack=0):
        for epoch in epochs:
            self.now += seconds
            valid = [1 / epoch if loss is None else loss]
            self.left.epoch(Epoch(epoch, [1.0], valid, 0.001, seconds, 100, stack), schedule)


def test_seconds__waves__are_those_to_the_usual_end():
    run = Run()
    assert run.left.seconds() is None
    run.go(range(1, 31))

    # 30 of 100 epochs are done, at a second each; the next usual end is at 15/31.
    assert run.left.seconds() == pytest.approx(100 * 15 / 31 - 30)


def test_seconds__no_waves__are_those_of_all_epochs():
    run = Run()
    run.go(range(1, 31), schedule="cosine")

    assert run.left.seconds() == pytest.approx(70)


def test_seconds__slow_first_epoch__does_not_set_the_pace():
    run = Run()
    run.now = 50.0
    run.go(range(1, 31), schedule="cosine")

    assert run.left.seconds() == pytest.approx(70)


def test_seconds__stack_that_ended__leaves_only_the_other():
    run = Run(stacks=2)
    for epoch in range(1, 31):
        run.go([epoch], seconds=0.5, schedule="constant")
        run.go([epoch], seconds=0.5, schedule="constant", stack=1)
    run.left.end(0)

    assert run.left.seconds() == pytest.approx(
        70 / 2, rel=0.05
    )  # the same steps in a second, all of one stack
    assert run.left.share == pytest.approx(60 / 130)


def test_seconds__short_run__counts_what_follows():
    run = Run(is_trial=True, share=0.25)
    run.go(range(1, 51), schedule="constant")

    # Half of a quarter is done; an eighth and three quarters follow.
    assert run.left.seconds() == pytest.approx(50 * 7, rel=0.05)


def test_seconds__line_beside_networks__does_not_count():
    run = Run(stacks=2, quick=(1,))
    run.go(range(1, 31), schedule="cosine")
    run.go(range(1, 101), seconds=0.0, schedule="cosine", stack=1)
    run.left.end(1)

    assert run.left.seconds() == pytest.approx(70)
    assert run.left.share == pytest.approx(0.3)

from __future__ import annotations

import re

import pytest

from netable.doctor import Verdict
from netable.estimators.live import EpochPrinter, LiveLosses, loss_printer
from netable.fit.members.watcher import RunningStack
from netable.train import Epoch, Phase

STACK = RunningStack(None, None, 0.0, None)  # type: ignore[arg-type]


def test_epoch_printer__losses__go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    EpochPrinter().on_epoch(Epoch(3, [0.5, 0.25], [0.75], 0.1, 0.01, 10), STACK)
    EpochPrinter().on_epoch(Epoch(4, [0.5], [], 0.1, 0.01, 10), STACK)

    assert capsys.readouterr() == (
        "",
        "epoch 3, stack 0: train 0.375, valid 0.75\nepoch 4, stack 0: train 0.5\n",
    )


@pytest.fixture
def shown() -> list[str]:
    return []


def epoch(number: int, loss: float, stack: int = 0) -> Epoch:
    return Epoch(number, [loss, loss], [loss + 0.25], 0.1, 0.01, 9, stack)


def test_live_losses__epochs__are_drawn_a_few_times_a_second(shown: list[str]) -> None:
    moments = iter([0.0, 0.0, 0.1, 0.2, 0.3, 0.3])
    live = LiveLosses(shown.append, lambda: next(moments))
    live.on_phase(Phase(False, 1, 9, 1, 0.0, 1.0))
    for number in range(1, 5):
        live.on_epoch(epoch(number, 1 / number), STACK)

    assert ["<td" in html for html in shown] == [True, True]
    assert [words(html) for html in shown] == [
        ["1", "1", "9", "1", "1.25", "1.25", "1"],
        ["1", "4", "9", "0.25", "0.5", "0.5", "4"],
    ]


def test_live_losses__stacks_and_verdicts__are_all_there(shown: list[str]) -> None:
    live = LiveLosses(shown.append)
    live.on_phase(Phase(True, 2, 9, 4, 0.0, 0.5))
    live.on_epoch(epoch(1, 1.0), STACK)
    live.on_epoch(epoch(1, 2.0, stack=1), STACK)
    live.on_verdict(Verdict("kind", "warning", "It <rises>.", "Steps are long.", "a lower lr"))
    live.on_stack_end(1)

    assert "Trying out" in shown[-1]
    assert words(shown[-1])[::7] == ["1", "2"]
    assert "It &lt;rises&gt;." in shown[-1]
    live.on_phase(Phase(False, 1, 9, 4, 0.5, 0.5))
    live.on_stack_end(0)
    assert "Training" in shown[-1]
    assert words(shown[-1]) == []


def test_loss_printer__no_notebook__prints_lines() -> None:
    assert isinstance(loss_printer(), EpochPrinter)


def words(html: str) -> list[str]:
    return re.findall(r"<td[^>]*>([^<]*)</td>", html)

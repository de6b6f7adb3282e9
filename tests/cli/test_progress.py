from __future__ import annotations

import io
import warnings
from collections.abc import Callable

import pytest

from cli_runs import Terminal
from netable.cli.output import show_notes
from netable.cli.progress import _Bar, progress
from netable.comparison import Turn
from netable.errors import DataWarning
from netable.fit.members.watcher import RunningStack
from netable.fit.time_left import TimeLeft
from netable.system.agenda import NEVER, Deadline
from netable.system.wording import clock
from netable.train import Epoch, Phase
from small import recipe_of

# A stack that does not stop early.
STACK = RunningStack(recipe_of(schedule="constant"), None, 0.0, None)
EPOCH = Epoch(3, [0.5, 0.25], [0.75, 0.25], 0.001, 0.1, 20)
ONE_STACK = Phase(is_trial=False, stacks=1, max_epochs=20, runs=1, before=0.0, share=1.0)
TWO_STACKS = ONE_STACK._replace(stacks=2, runs=2)


def terminal_of(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error from now on: a terminal of 100 columns without colours."""
    stderr = Terminal()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "100")
    return stderr


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands still until its only item is moved."""
    now = [0.0]
    monkeypatch.setattr("netable.cli.progress.monotonic", lambda: now[0])
    monkeypatch.setattr("netable.system.agenda.perf_counter", lambda: now[0])
    monkeypatch.setattr("netable.cli.progress.TimeLeft", lambda **named: TimeLeft(lambda: now[0], **named))
    return now


@pytest.fixture
def drawn() -> Callable[[_Bar, int], list[str]]:
    """The lines of a bar in a terminal so wide."""
    from rich.console import Console

    def draw(bar: _Bar, width: int) -> list[str]:
        console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
        with console.capture() as captured:
            console.print(bar)
        return [line.rstrip() for line in captured.get().splitlines()]

    return draw


def bar_of(deadline: Deadline = NEVER) -> _Bar:
    from rich.console import Console

    return _Bar(Console(file=io.StringIO()), deadline)


def test_progress__no_terminal__shows_nothing_but_what_is_said(monkeypatch, capsys):
    with progress() as bar:
        bar.on_phase(ONE_STACK)
        bar.on_epoch(EPOCH, STACK)
        bar.on_stack_end(0)
        bar.turn(Turn("auto", 0, 0, 1))
        bar.say("it \x1b goes")

    assert capsys.readouterr() == ("", "it � goes\n")


def test_progress__dumb_terminal__shows_nothing(monkeypatch):
    terminal = terminal_of(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")

    with progress() as bar:
        bar.on_epoch(EPOCH, STACK)

    assert terminal.getvalue() == ""


def test_progress__terminal__shows_a_bar_and_wipes_it(monkeypatch):
    terminal = terminal_of(monkeypatch)
    with progress() as bar:
        bar.on_phase(ONE_STACK)
        bar.on_epoch(EPOCH, STACK)

    assert "training" in terminal.getvalue()
    assert "epoch  3/20" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[2K")  # the last line is erased
    assert "\x1b[3" not in terminal.getvalue()  # no colours


def test_progress__what_is_said_meanwhile__stays_above_the_bar(monkeypatch):
    terminal = terminal_of(monkeypatch)
    with show_notes(), progress() as bar:
        bar.on_epoch(EPOCH, STACK)
        bar.say("[red]gradients[/red] vanish \x1b")
        warnings.warn("clip_norm=1 helps", DataWarning, stacklevel=1)

    lines = terminal.getvalue().replace("\x1b[2K", "\n").splitlines()
    assert "[red]gradients[/red] vanish �" in lines
    assert "note: --clip-norm 1 helps" in lines


def test_bar__one_stack__has_losses_spread_and_best(drawn, seconds):
    bar = bar_of()
    bar.on_phase(ONE_STACK)
    bar.on_epoch(EPOCH._replace(epoch=1, valid_loss=[0.9]), STACK)
    bar.on_epoch(EPOCH, STACK)
    bar.on_epoch(EPOCH._replace(epoch=4, valid_loss=[0.75, 0.45]), STACK)
    seconds[0] = 8.0

    head, stack = drawn(bar, 100)

    assert head.startswith("training ")
    assert head.endswith("20%  0:08, about 0:43 left")
    assert stack == "   epoch  4/20  train 0.3750  valid 0.6000 (0.450 to 0.750)  best 0.5000 at 3"


def test_bar__no_validation__shows_the_training_loss_alone(drawn):
    bar = bar_of()
    bar.on_epoch(EPOCH._replace(valid_loss=[None]), STACK)

    assert drawn(bar, 40)[1].split() == ["epoch", "3/20", "train", "0.3750"]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (96, "stack 1 of 2  epoch  3/20  train 0.3750  valid 0.5000 (0.250 to 0.750)  best 0.5000 at 3"),
        (80, "stack 1 of 2  epoch  3/20  train 0.3750  valid 0.5000  best 0.5000 at 3"),
        (60, "stack 1 of 2  epoch  3/20  train 0.3750  valid 0.5000"),
        (46, "stack 1 of 2  epoch  3/20  valid 0.5000"),
        (30, "1   3/20  valid 0.5000"),
    ],
)
def test_bar__narrow_terminal__leaves_out_the_least_telling(drawn, width, shown):
    bar = bar_of()
    bar.on_phase(TWO_STACKS)
    bar.on_epoch(EPOCH, STACK)

    lines = drawn(bar, width)

    assert lines[1].strip() == shown
    assert len(lines) == 2
    assert max(map(len, lines)) <= width


def test_bar__phases__fill_it_one_after_another(drawn, seconds):
    bar = bar_of()
    bar.on_phase(Phase(is_trial=True, stacks=2, max_epochs=4, runs=3, before=0.0, share=0.25))
    bar.on_epoch(EPOCH._replace(epoch=2, max_epochs=4), STACK)
    assert drawn(bar, 100)[0].startswith("trying out ")
    assert " 6%" in drawn(bar, 100)[0]  # a quarter of a quarter

    bar.on_phase(ONE_STACK._replace(before=0.25, share=0.75))
    assert len(drawn(bar, 100)) == 1  # the stacks that were tried are gone
    assert " 8%" in drawn(bar, 100)[0]  # of what was done and of what follows
    bar.on_epoch(EPOCH._replace(epoch=10), STACK)
    assert " 54%" in drawn(bar, 100)[0]


def test_bar__stack_that_stopped_early__needs_no_more_time(drawn, seconds):
    bar = bar_of()
    bar.on_phase(TWO_STACKS)
    for epoch in (1, 5):
        bar.on_epoch(EPOCH._replace(epoch=epoch), STACK)
        bar.on_epoch(EPOCH._replace(epoch=epoch, stack=1), STACK)
    bar.on_stack_end(0)
    seconds[0] = 5.0

    assert "40%  0:05, about 0:08 left" in drawn(bar, 100)[0]


def test_bar__run_that_goes_on__tells_the_pace_from_there(drawn, seconds):
    bar = bar_of()
    bar.on_phase(TWO_STACKS)
    bar.on_stack_end(0)  # it had ended before
    seconds[0] = 2.0
    bar.on_epoch(EPOCH._replace(epoch=9, stack=1), STACK)
    seconds[0] = 7.0
    bar.on_epoch(EPOCH._replace(epoch=10, stack=1), STACK)

    assert "50%  0:07, about 0:50 left" in drawn(bar, 100)[0]


def test_bar__many_stacks__shows_those_that_run(drawn):
    bar = bar_of()
    bar.on_phase(TWO_STACKS._replace(stacks=8))
    for stack in range(6):
        bar.on_epoch(EPOCH._replace(stack=stack), STACK)
    bar.on_stack_end(0)
    bar.on_stack_end(1)

    assert [line.split()[1] for line in drawn(bar, 100)[1:]] == ["3", "4", "5", "6"]


def test_bar__time_limit__ends_the_guess(drawn, seconds):
    bar = bar_of(Deadline(10.0))
    bar.on_phase(ONE_STACK)
    bar.on_epoch(EPOCH._replace(epoch=2), STACK)
    seconds[0] = 4.0

    assert drawn(bar, 100)[0].endswith("about 0:06 left")


def test_bar__turns__are_counted(drawn, seconds):
    bar = bar_of()
    bar.turn(Turn("auto", 0, 1, 12))
    seconds[0] = 9.0
    assert "left" not in drawn(bar, 100)[0]  # not before every method had its turn

    bar.turn(Turn("lightgbm", 1, 3, 12))

    assert drawn(bar, 100)[0].startswith("fold 2: lightgbm ")
    assert drawn(bar, 100)[0].endswith(" 25%  0:09, about 0:27 left")


@pytest.mark.parametrize(
    ("seconds_", "shown"), [(0.4, "0:00"), (59.6, "1:00"), (75, "1:15"), (3675, "1:01:15")]
)
def test_clock__seconds__as_people_read_them(seconds_, shown):
    assert clock(seconds_) == shown

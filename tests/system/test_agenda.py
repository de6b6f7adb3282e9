"""Deadlines, and the parts of some work that they leave room for."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.system import agenda as room
from netable.system.agenda import NEVER, OPTIONAL_SHARE, PRIOR, Agenda, Deadline, Part


class Clock:
    """Stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(room, "perf_counter", lambda: self.now)

    def work(self, seconds: float) -> str:
        """Let time pass."""
        self.now += seconds
        return "done"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def agenda_of(seconds: float | None, *parts: Part) -> Agenda:
    agenda = Agenda(seconds)
    agenda.add(parts)
    return agenda


def test_deadline__without_a_limit__never_comes() -> None:
    assert not NEVER.is_limited
    assert NEVER.left() == inf
    assert NEVER.share(0.1) is NEVER


def test_deadline__share__is_of_what_is_left(clock: Clock) -> None:
    deadline = Deadline(110.0)
    assert deadline.share(0.25).at == 102.5
    clock.work(8)
    assert deadline.left() == 2
    assert deadline.share(0.5).at == 109
    clock.work(4)
    assert deadline.share(0.5).left() < 0


def test_agenda__began_earlier__counts_from_there(clock: Clock) -> None:
    agenda = Agenda(10.0, began=95.0)

    assert agenda.deadline.left() == 5
    assert agenda.spent() == 5


def test_agenda__without_a_limit__has_room_for_everything(clock: Clock) -> None:
    agenda = agenda_of(None, Part("long", 1e9))
    clock.work(1e9)

    assert agenda.reserve() is NEVER
    assert agenda.do("long", lambda: clock.work(1e9)) == "done"
    assert agenda.left_out == []


def test_reserve__needed_parts__are_always_kept_free(clock: Clock) -> None:
    agenda = agenda_of(10.0, Part("score", 3.0, is_needed=True), Part("save", 1.0, is_needed=True))
    assert agenda.reserve().left() == 6

    agenda = agenda_of(2.0, Part("score", 3.0, is_needed=True))
    assert agenda.reserve().left() == -1


def test_reserve__other_parts__have_room_from_the_shortest_on(clock: Clock) -> None:
    agenda = agenda_of(10.0, Part("long", 4.0), Part("short", 1.0), Part("endless", 100.0))

    assert OPTIONAL_SHARE == 0.5
    assert agenda.reserve().left() == 5  # both, half of the time


@given(
    limit=st.floats(0.1, 100),
    parts=st.lists(st.tuples(st.floats(0, 50), st.booleans()), max_size=6),
    passed=st.floats(0, 120),
)
def test_reserve__any_parts__leave_half_of_the_time_that_is_not_needed(
    limit: float, parts: list[tuple[float, bool]], passed: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock(patch)
        agenda = agenda_of(limit, *(Part(str(i), *part) for i, part in enumerate(parts)))
        clock.work(passed)
        needed = sum(seconds for seconds, is_needed in parts if is_needed)
        free = limit - passed - needed

        left = agenda.reserve().left()
        assert left <= free + 1e-6
        assert left >= min(free, (1 - OPTIONAL_SHARE) * free) - 1e-6


def test_do__part_for_which_time_is_short__is_left_out(clock: Clock) -> None:
    agenda = agenda_of(10.0, Part("linear", 2.0), Part("rows", 1.0), Part("save", 1.0, is_needed=True))
    clock.work(7.5)  # 2.5 are left, of which saving takes 1

    assert agenda.do("linear", lambda: clock.work(2)) is None
    assert agenda.do("rows", lambda: clock.work(1)) == "done"
    assert agenda.left_out == ["linear"]


def test_do__needed_part__is_done_after_the_deadline(clock: Clock) -> None:
    agenda = agenda_of(1.0, Part("save", 1.0, is_needed=True))
    clock.work(5)

    assert agenda.do("save", lambda: clock.work(1)) == "done"
    assert agenda.left_out == []


def test_do__work_that_took_longer_than_usual__makes_others_longer(clock: Clock) -> None:
    agenda = agenda_of(100.0, Part("first", 2.0), Part("second", 10.0, is_needed=True))
    assert agenda.needed_seconds() == 10

    agenda.do("first", lambda: clock.work(6))
    assert agenda.needed_seconds() == pytest.approx(10 * (6 + PRIOR) / (2 + PRIOR))


def test_took__work_that_went_faster_than_usual__makes_others_no_shorter(clock: Clock) -> None:
    agenda = agenda_of(100.0, Part("score", 10.0, is_needed=True))
    agenda.took(20.0, 1.0)

    assert agenda.needed_seconds() == 10


def test_add__first__comes_before_the_parts_that_are_known(clock: Clock) -> None:
    agenda = agenda_of(10.0, Part("save", 1.0, is_needed=True))
    agenda.add([Part("rows", 1.0)], first=True)
    clock.work(8.5)

    assert not agenda.has_room("rows")  # as it would leave no time to save


def test_has_room__part_that_was_promised__is_needed_from_then_on(clock: Clock) -> None:
    agenda = agenda_of(10.0, Part("page", 2.0), Part("charts", 1.0))
    clock.work(7.5)

    assert agenda.has_room("page")
    assert not agenda.has_room("charts")  # the page takes 2 of the 2.5 seconds that are left
    assert agenda.left_out == ["charts"]

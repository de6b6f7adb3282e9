"""The advice of lessons."""

from __future__ import annotations

from advice import advice


def test_advice__of_lessons__is_to_move_their_figures() -> None:
    """The figures' controls are moved in test_lessons.py."""
    assert not advice("learn", besides=["Try it"])

from __future__ import annotations

import pytest

from netable.system.safe_text import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b]0;title\x07", "�[31mred�]0;title�"),
        ("\x9b2J", "�2J"),  # the one-byte form of ESC [
        ("a\rb\tc\x00", "a�b�c�"),
        ("\u202egnp.exe", "�gnp.exe"),  # shown from right to left
        ("\udc80", "�"),  # half a character cannot be written at all
        ("two\nlines, 면적 ½", "two\nlines, 면적 ½"),
    ],
)
def test_plain__what_commands_a_terminal__is_taken_out(text, shown):
    assert plain(text) == shown


def test_plain__controls_to_keep__stay() -> None:
    assert plain("a\tb\nc") == "a�b\nc"
    assert plain("a\tb\nc", keep="\n\t") == "a\tb\nc"


def test_plain__characters_that_no_xml_may_hold__are_taken_out() -> None:
    assert plain("a\ufffeb\uffff") == "a�b�"

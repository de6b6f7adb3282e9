"""The remedies of the doctor; `benchmarks/doctor/obey.py` measures what they are good for."""

from __future__ import annotations

import ast
import re

import pytest

from advice import Message, messages
from netable.config.settings import SETTINGS
from netable.config.typed import as_options

# A setting and its value, in braces what the doctor measured.
_SETTING = re.compile(r"\b([a-z_]+)=(\[[^\]]*\]|\"[^\"]*\"|'[^']*'|\{\}|[\d.]*\d)")
REMEDIES = [message for message in messages("doctor") if _SETTING.search(message.text)]


def settings_in(message: Message) -> list[tuple[str, object]]:
    """The settings that a remedy names, with 1 for numbers and "x" for names of columns that are not known."""
    found = _SETTING.findall(message.text)
    return [
        (name, ast.literal_eval(value.replace('"{}"', '"x"').replace("{}", "1"))) for name, value in found
    ]


@pytest.mark.parametrize("message", REMEDIES, ids=str)
def test_remedy__settings__can_be_set(message: Message) -> None:
    for name, value in settings_in(message):
        SETTINGS[name].checked(value)


@pytest.mark.parametrize("message", REMEDIES, ids=str)
def test_remedy__settings__can_be_typed(message: Message) -> None:
    text = message.text.replace('"{}"', '"x"').replace("={}", "=1").replace("{}", " ")
    typed = as_options(text)
    for name, value in settings_in(message):
        setting = SETTINGS[name]
        values = re.findall(rf"{setting.option} ('[^']*'|[\w.,]*\w)", typed)
        repeats = getattr(setting.values, "repeats", False)
        parsed = [setting.checked(setting.parse([text] if repeats else text)) for text in values]
        assert setting.checked(value) in parsed


def test_remedies__are_found() -> None:
    assert len(REMEDIES) > 10

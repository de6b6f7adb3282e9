"""The advice of messages about settings."""

from __future__ import annotations

from typing import Any

import pytest

from advice import Case, advice, check_complete, follow
from netable.config.settings import Settings

MESSAGES = advice("config", besides=["Quote a name that holds a comma"])  # that is help


def setting(**given: Any) -> Settings:
    return Settings(**given)


CASES = [
    Case(
        "leave target_transform='log' out",
        setting,
        {"loss": "poisson", "target_transform": "log"},
        [{"target_transform": "auto"}],
    ),
    Case(
        "write the form as Python's strptime takes it",
        setting,
        {"kinds": {"day": "date:dd.mm.yyyy"}},
        [{"kinds": {"day": "date:%d.%m.%Y"}}, {"kinds": {"day": "date:%b %d, %Y %H:%M"}}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

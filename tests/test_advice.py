"""Advice in messages: names that exist, in the words of those who read it; the rooms' tests follow it."""

from __future__ import annotations

import re
from dataclasses import fields
from inspect import getmembers, signature
from pathlib import Path
from typing import Any

import pytest
import typer
from sklearn.preprocessing import StandardScaler

import netable
from advice import Message, advice, messages
from netable.cli.app import app
from netable.config import choices
from netable.config.settings import SETTINGS
from netable.config.typed import as_options
from netable.table.kinds.date import Date
from netable.train import metric_names

TESTS = Path(__file__).parent
VERBS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
# Code, what layers print, and a warning of another library.
SENTENCES = [
    message
    for message in messages("")
    if " " in message.text
    and not re.search("SELECT|<table|style=|sep=|members=|constrained_layout", message.text)
]
# Pages show commands to copy.
COMMANDS = ("report/use.py", "report/threshold.py")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*\w")


def options_of(verb: Any) -> set[str]:
    return {name for parameter in verb.params for name in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }


def names() -> set[str]:
    """What a user of Python may write: settings, parameters, methods, and words that are values."""
    found = {*SETTINGS, *choices.ACTIVATIONS, *(f.name for f in fields(Date))}
    found |= {name for task in choices.TASKS if task != "auto" for name in metric_names(task)}
    doors = [netable.compare, netable.explain, netable.write_report]
    for kind in (netable.NetClassifier, netable.NetRegressor):
        members = [
            member for name, member in getmembers(kind) if not name.startswith("_") and callable(member)
        ]
        found |= {name for name, _ in getmembers(kind)} | {member.__name__ for member in members}
        doors += [kind, *members]
    found |= {"set_output", *signature(StandardScaler.set_output).parameters}
    return found.union(*(signature(door).parameters for door in doors))


OPTIONS = set().union(*map(options_of, VERBS.values()))
NAMES = names()


@pytest.mark.parametrize("message", [m for m in SENTENCES if _OPTION.search(as_options(m.text))], ids=str)
def test_message__options__exist(message: Message) -> None:
    assert {*_OPTION.findall(as_options(message.text))} <= OPTIONS


@pytest.mark.parametrize(
    "message", [m for m in SENTENCES if re.search("netable [a-z]+ .*--", m.text)], ids=str
)
def test_message__command__has_these_options(message: Message) -> None:
    for line in message.text.splitlines():
        verb, rest = re.findall(r"netable ([a-z]+)(.*)", line)[0]
        if verb in VERBS:
            assert {*_OPTION.findall(rest)} <= options_of(VERBS[verb])


def test_messages__outside_the_terminal__speak_of_parameters() -> None:
    wrong = [m for m in SENTENCES if _OPTION.search(m.text) and not m.file.startswith(("cli/", *COMMANDS))]

    assert not wrong, "the terminal turns settings such as skip_rows=2 into options by itself"


@pytest.mark.parametrize(
    "message", [m for m in SENTENCES if re.search("[a-z]=|[a-z]_[a-z]", m.text)], ids=str
)
def test_message__names_of_parameters__exist(message: Message) -> None:
    given = re.findall(r"(?<![\w.])([a-z_]+)=(?=\S)", message.text)
    words = re.findall(r"(?<![\w{./<-])([a-z]+(?:_[a-z]+)+)\b(?![\w>-])", message.text)

    assert {*given, *words} <= NAMES


def test_advice__every_room__has_tests_that_follow_it() -> None:
    rooms = {message.file.split("/")[0] for message in advice("")} - {"errors.py"}

    assert {room for room in rooms if not (TESTS / room / "test_advice.py").exists()} == set()

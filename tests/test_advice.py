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
from advice import Case, Message, advice, check_complete, follow, is_advice, messages
from netable.cli.app import app
from netable.config import choices
from netable.config.settings import SETTINGS
from netable.config.typed import as_options
from netable.deploy.server import mlflow
from netable.errors import UserError
from netable.nn.bodies.own import OwnNetworks
from netable.table.kinds.date import Date
from netable.train import metric_names

TESTS = Path(__file__).parent
VERBS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
# Code in C and Python, what layers print, a warning of another library, and what programs read.
_CODE = r"\w[(\[]|\w = |-std=c99|^\nimport "
SENTENCES = [
    message
    for message in messages("")
    if " " in message.text
    and not (message.file.startswith(("deploy/c/", "deploy/torch/")) and re.search(_CODE, message.text))
    and not re.search(
        "SELECT|PRAGMA|<table|href=|style=|sep=|members=|constrained_layout|charset=|_total|_bucket|_sum|=ReadOptions|token=",
        message.text,
    )
]
# Pages show commands to copy.
COMMANDS = ("first_look/page.py", "report/use.py", "report/threshold.py")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*\w")


def options_of(verb: Any) -> set[str]:
    return {name for parameter in verb.params for name in (*parameter.opts, *parameter.secondary_opts)} | {
        "--help"
    }


def names() -> set[str]:
    """What a user of Python may write: settings, parameters, methods, and words that are values."""
    found = {*SETTINGS, *choices.ACTIVATIONS, *(f.name for f in fields(Date))}
    found |= {name for task in choices.TASKS if task != "auto" for name in metric_names(task)}
    doors = [netable.compare, netable.explain, netable.write_report, OwnNetworks]  # it calls what users write
    for kind in (netable.NetClassifier, netable.NetRegressor):
        members = [
            member for name, member in getmembers(kind) if not name.startswith("_") and callable(member)
        ]
        found |= {name for name, _ in getmembers(kind)} | {member.__name__ for member in members}
        doors += [kind, *members]
    found |= {*mlflow.TABLES}  # keys of a protocol
    found |= {"storage_path"}  # of Ray's RunConfig
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


@pytest.mark.parametrize(
    ("text", "advises"),
    [
        ("lr is {}. Try a lower one.", True),
        ("{} exists already; name another file", True),
        ("Name the column to predict.", True),
        ("if they are codes, put a letter before each", True),
        ("{} is missing ({}); task='regression' otherwise", True),
        ("{} is not installed: pip install '{}'", True),
        ("train it, or leave it with --no-report", True),
        ("expected a header, got {}", False),
        ("There must be one weight for each of {} rows.", False),
        ("the model takes {} names", False),
    ],
)
def test_is_advice__by_its_words(text: str, advises: bool) -> None:
    assert is_advice(text) == advises


def test_check_complete__message_without_a_case__is_named() -> None:
    with pytest.raises(AssertionError, match=r"nobody follows the advice of .*Try another"):
        check_complete([], [Message("x.py", 1, "It is {}. Try another.")])


def test_follow__advice_that_does_not_help__is_an_error() -> None:
    def refuse(a: int) -> None:
        raise UserError(f"It is {a}. Try another.")

    with pytest.raises(AssertionError, match=r"was followed by {'a': 2}, and then: It is 2"):
        follow(
            Case("Try another", refuse, {"a": 1}, [{"a": 2}]), [Message("x.py", 1, "It is {}. Try another.")]
        )


def test_advice__every_room__has_tests_that_follow_it() -> None:
    rooms = {message.file.split("/")[0] for message in advice("") if "/" in message.file}

    assert {room for room in rooms if not (TESTS / room / "test_advice.py").exists()} == set()

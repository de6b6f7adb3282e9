"""Advice in messages: where the package gives it, and what becomes of those who follow it."""

from __future__ import annotations

import ast
import io
import re
import shlex
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import netable
from netable.cli.app import run
from netable.config.settings import SETTINGS
from netable.config.typed import as_options
from netable.config.values import plain_value
from netable.errors import UserError

SRC = Path(netable.__file__).parent
# What a clause begins with that tells its reader what to do.
_VERBS = (
    "add|ask|call|choose|close|continue|convert|correct|delete|double|download|fill|fit|flatten|give|keep|leave|list|"
    "make|name|overwrite|pass|put|quote|reduce|remove|rename|replace|save|set|split|start|take|train|try|turn|undo|"
    "unpack|upgrade|use|wait|write"
)
_ADVICE = re.compile(
    rf"(?:[.;:?] |, or |; or |, and |otherwise |\b(?:if|to|for) [^.;:]*, )(?:{_VERBS})\b|^(?i:{_VERBS}) \w|--[a-z]|"
    rf"(?:[;:.,(] ?|use |\bor )(?:{'|'.join(SETTINGS)})=|\boverwrite=|pip install|"
    r"(?-i:netable (?:predict|report|train) [A-Z{])",
    re.IGNORECASE,
)
# Calls whose texts describe options.
_DESCRIBE = {
    "Option",
    "Argument",
    "Typer",
    "setting",
    "_column",
    "_file",
    "_check",
    "_train",
    "_tune",
    "_net",
}
_VALUE = re.compile(r"\{[^{}]*\}")


class Message(NamedTuple):
    """A text in the source of the package; braces stand for its values."""

    file: str
    line: int
    text: str

    def is_in(self, said: str) -> bool:
        """The text was said, with any values, at the terminal or in Python."""
        text = self.text.replace("{{", "{").replace("}}", "}")  # twice formatted
        texts = {text, as_options(text)}
        patterns = (".*".join(map(re.escape, _VALUE.split(" ".join(text.split())))) for text in texts)
        return any(re.search(pattern, " ".join(said.split())) for pattern in patterns)


@cache
def _all_messages() -> tuple[Message, ...]:
    """The texts in the package, but for docstrings and the help of options."""
    found = []
    for path in sorted(SRC.rglob("*.py")):
        name = path.relative_to(SRC).as_posix()
        for node in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            found.append(Message(name, node.lineno, _literal(node)))
    return tuple(found)


def messages(room: str = "") -> list[Message]:
    """Those in a file or folder of the package."""
    return [m for m in _all_messages() if not room or m.file == room or m.file.startswith(f"{room}/")]


def is_advice(text: str) -> bool:
    """The text tells its reader what to do, or names a setting with a value."""
    return " " in text and _ADVICE.search(text) is not None


def advice(room: str, *, besides: Sequence[str] = ()) -> list[Message]:
    """The messages that tell their reader what to do, but for those that hold one of the given texts.

    Raises
    ------
    AssertionError
        If such a text is in no message that would be found.
    """
    found = [message for message in messages(room) if is_advice(message.text)]
    for text in besides:
        assert any(text in message.text for message in found), (
            f"{text!r} is in no message with advice of {room}"
        )
    return [message for message in found if not any(text in message.text for text in besides)]


def _texts(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The texts below a node, in no particular order."""
    below = [node]
    while below:
        node = below.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Call) and _called(node.func) in _DESCRIBE:
            continue
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            yield node
        parts = ast.iter_child_nodes(node)
        if isinstance(node, ast.JoinedStr):
            parts = (part for part in parts if not isinstance(part, ast.Constant))
        below += parts


def _called(function: ast.expr) -> str:
    """The last name of what is called."""
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _literal(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


class Case(NamedTuple):
    """Something that was done, what was said then, and what was done then.

    Attributes
    ----------
    says : str
        A part of the message that is in no other one of the room.
    door : callable
        What was called, in an empty folder of its own each time.
    given : dict
        Its arguments.
    followed : list of dict
        Each is one way to follow the advice: the arguments that change.
    """

    says: str
    door: Callable[..., object]
    given: dict[str, Any]
    followed: list[dict[str, Any]]

    def __str__(self) -> str:
        return self.says[:50]


def outcome(door: Callable[..., object], **given: Any) -> tuple[str, list[str]]:
    """The error and the warnings of a call in an empty folder; an empty text if there is no error."""
    with (
        TemporaryDirectory() as folder,
        chdir(folder),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        error = ""
        try:
            door(**given)
        except Exception as refusal:
            error = f"{refusal}" or type(refusal).__name__
    return error, [str(warning.message) for warning in caught]


def follow(case: Case, messages: Sequence[Message]) -> None:
    """The message is said; after each way to follow its advice there is no error, and it is not said again."""
    (message,) = {m.text: m for m in messages if case.says in m.text}.values()
    error, notes = outcome(case.door, **case.given)
    said = next((text for text in (error, *notes) if message.is_in(text)), None)
    assert said is not None, f"not said: {message.text!r}, but {error!r}, {notes}"
    for change in case.followed:
        for name, value in change.items():
            _check_advised(name, value, said)
        error, notes = outcome(case.door, **case.given | change)
        assert not error, f"{said!r} was followed by {change}, and then: {error}"
        assert not any(map(message.is_in, notes)), f"{said!r} is said again after {change}"


def check_complete(cases: Sequence[Case], messages: Sequence[Message]) -> None:
    """Every message has a case."""
    lacking = [message for message in messages if not any(case.says in message.text for case in cases)]
    assert not lacking, "nobody follows the advice of " + "; ".join(map(str, lacking))


def _check_advised(name: str, value: Any, said: str) -> None:
    """A setting that changes is in the message, and with this value if the message has one."""
    if name == "more":  # options of the terminal
        for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", value):
            assert re.search(rf"(?<!\S){option}\b", said), f"{option} is not in: {said}"
    elif name in SETTINGS and name != "target":
        word = "kind" if name == "kinds" else "column" if name.endswith("_column") else name
        assert re.search(rf"\b{name}\b|\b{word}", said), f"{name} is not in: {said}"
        values = re.findall(rf"\b{name}=('[^']*'|\"[^\"]*\"|\[.*?\]|\{{.*?\}}|[\w.]*\w)", said)
        known = [ast.literal_eval(text) for text in values]
        known.append(SETTINGS[name].default)  # it is left out
        assert len(known) == 1 or plain_value(value) in known, f"{name}={value!r} is not in: {said}"


def terminal(words: str, more: str = "") -> None:
    """Type a command of netable; an error is raised, all else that it says is a warning."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out), redirect_stderr(out):
        code = run(shlex.split(f"{words} {more}"))
    out.seek(0)
    if code:
        raise UserError(out.read())
    for line in out.read().splitlines():
        warnings.warn(line, stacklevel=2)

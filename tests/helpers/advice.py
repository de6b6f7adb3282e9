"""Advice in messages: where the package gives it, and what happens to those who follow it."""

from __future__ import annotations

import ast
import io
import re
import shlex
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import netable
from netable.cli.app import run
from netable.config.settings import SETTINGS

SRC = Path(netable.__file__).parent
# What a clause begins with that tells its reader what to do.
_VERBS = (
    "add|ask|call|choose|close|continue|convert|correct|delete|double|download|fill|fit|flatten|give|keep|leave|list|"
    "make|name|overwrite|pass|put|quote|reduce|remove|rename|replace|save|set|split|start|take|train|try|turn|undo|"
    "unpack|upgrade|use|wait|write"
)
_ADVICE = re.compile(
    rf"(?:^|[.;:?] |, or |; or |, and |otherwise )(?:{_VERBS})\b(?! of\b)|--[a-z]|"
    rf"\b(?:{'|'.join(SETTINGS)})=|\boverwrite=|pip install|netable [a-z]+ [A-Z{{]",
    re.IGNORECASE,
)
# Calls whose texts describe options.
_DESCRIBE = ("Option", "Argument", "Typer", "_column", "_file", "_check", "_train", "_tune", "_net", "setting")


class Message(NamedTuple):
    """A literal in the package that advises; its values are in braces."""

    file: str
    line: int
    text: str

    @property
    def pattern(self) -> str:
        """Matches the message with its values."""
        return ".*".join(re.escape(part) for part in re.split(r"\{[^{}]*\}", self.text))


@cache
def messages(room: str = "") -> list[Message]:
    """Every text of a folder of the package, or of all, that is not a docstring, help of an option, or code."""
    found = []
    for path in sorted((SRC / room).rglob("*.py") if (SRC / room).is_dir() else [SRC / room]):
        for node in _texts(ast.parse(path.read_text(encoding="utf-8"))):
            text = _literal(node)
            if " " in text:
                found.append(Message(path.relative_to(SRC).as_posix(), node.lineno, text))
    return found


def advice(room: str = "") -> list[Message]:
    """Messages that tell their reader what to do."""
    return [message for message in messages(room) if _ADVICE.search(message.text)]


def _texts(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _DESCRIBE:
        return
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        yield node
    parts = node.values if isinstance(node, ast.JoinedStr) else ast.iter_child_nodes(node)
    for part in parts:
        if not (isinstance(node, ast.JoinedStr) and isinstance(part, ast.Constant)):
            yield from _texts(part)


def _literal(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)

"""Settings in a YAML file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from netable.config.settings import config_from
from netable.errors import ConfigError, ConfigFileError, FileError

# Enough for the names of thousands of columns, and parsed in a moment.
MOST_BYTES = 250_000
_DEEPEST, _LONGEST_NUMBER, _LONGEST_REASON = 10, 60, 300
_PLAIN = ("bool", "int", "float", "null")


class _Loader(yaml.SafeLoader):
    """Plain values only: aliases can grow in memory, and dates are texts, such as the names of columns."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in _PLAIN]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if getattr(event, "anchor", None) is not None:
            self.refuse("anchors and aliases (& and *) are not read here", event)
        if getattr(event, "tag", None) is not None:
            self.refuse("tags (with !) are not read here", event)
        if self.depth == _DEEPEST:
            self.refuse(f"it is nested more than {_DEEPEST} deep", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            twice = next(key for i, key in enumerate(keys) if key in keys[:i])
            self.refuse(f"the key {twice!r} is there twice", node)
        return mapping

    def construct_scalar(self, node: Any) -> Any:
        if node.tag.rpartition(":")[2] in ("int", "float") and len(node.value) > _LONGEST_NUMBER:
            self.refuse(f"a number of {len(node.value)} characters", node)
        return super().construct_scalar(node)

    def refuse(self, problem: str, at: Any) -> NoReturn:
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)


# YAML 1.1 reads 1e-3, without a point, as text.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_config_file(path: str | Path) -> dict[str, Any]:
    """The settings in a YAML file, as written there.

    Raises
    ------
    FileError
        If the file cannot be read.
    ConfigFileError
        If it is not YAML, not a mapping, or has an unknown key or an unusable value.
    """
    try:
        with open(path, "rb") as file:  # the file may be endless
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileError(f"The configuration {path} cannot be read: it is not text in UTF-8.") from error
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"The configuration {path} cannot be read: {reason}.") from error
    if len(content) > MOST_BYTES:
        raise FileError(f"The configuration {path} cannot be read: it has more than {MOST_BYTES} bytes.")
    try:
        settings = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise ConfigFileError(f"{path} is not YAML: {_short(_yaml_problem(error))}.") from error
    if settings is None:
        return {}
    if not isinstance(settings, dict):
        raise ConfigFileError(f"{path} must map settings to values; it holds a {type(settings).__name__}.")
    try:
        config_from(settings, source=str(path))
    except ConfigError as error:
        where = "" if str(error).startswith(str(path)) else f"{path}: "
        raise ConfigFileError(f"{where}{_short(str(error))}") from error
    return settings


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else f"{text[:_LONGEST_REASON]}…"


def _yaml_problem(error: Exception) -> str:
    """Line, column and problem of a syntax error, without the parser's excerpt."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or not problem:
        return " ".join(str(error).split())
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"

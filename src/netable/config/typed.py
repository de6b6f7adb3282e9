"""Settings and names as they are typed at the terminal."""

from __future__ import annotations

import json
import re
import shlex
from ast import literal_eval
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from netable.config.settings import SETTINGS

# A string literal of Python or JSON, and lists, mappings, and lists of numbers.
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_SINGLE = r"'(?:[^'\\]|\\.)*'"
_PAIR = f"{_QUOTED}: {_QUOTED}"
_SEVERAL = rf"\[{_QUOTED}(?:, {_QUOTED})*\]|\{{{_PAIR}(?:, {_PAIR})*\}}|\[\d+(?:, \d+)*\]"


def as_options(text: str) -> str:
    """A message with settings written as options of the terminal.

    >>> as_options("lr must be above 0; try clip_norm=1.")
    '--lr must be above 0; try --clip-norm 1.'
    >>> as_options('ignore_columns=["id", "day of birth"]; else header=False, or another encoding=….')
    "--ignore-columns 'id,day of birth'; else --no-header, or another --encoding."
    """
    return _settings_pattern().sub(_as_option, text)


def _as_option(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    if not name:
        return match[0]  # a text in quotes is from the user
    option = SETTINGS[name].option if name in SETTINGS else "--outer-folds"
    if value in ("True", "False"):
        return option if value == "True" else f"--no-{option[2:]}"
    return f"{option} {_as_typed(value)}" if value and value != "…" else option


def _as_typed(value: str) -> str:
    """A value as a shell reads it; the names of a list, and the pairs of a mapping, are separated by commas."""
    if value.startswith("["):
        return typed_names([str(one) for one in json.loads(value)])
    if value.startswith("{"):
        return typed_names([f"{name}={one}" for name, one in json.loads(value).items()])
    text = str(literal_eval(value)) if value[0] in "'\"" else value
    if text == "'":
        return f'"{text}"'  # which shlex writes with five quotes
    return shlex.quote(text) if any(map(str.isalnum, text)) or "'" in text else f"'{text}'"


@cache
def _settings_pattern() -> re.Pattern[str]:
    """Matches texts in quotes, and settings with a value, with an underscore, or as the subject of a sentence."""
    settings = [*(name for name, one in SETTINGS.items() if one.verbs), "outer_folds"]
    every, certain = "|".join(settings), "|".join(name for name in settings if "_" in name)
    return re.compile(
        rf"(?<!\w){_SINGLE}|{_QUOTED}"
        rf"|(?<![\w/.-])(?P<name>(?:{every})(?==)|(?:{certain})(?![\w/-]|\.\w)"
        rf"|^(?:{every})(?= must | cannot | ')|(?<=lower )lr\b)"
        rf"(?:=(?P<value>…|{_SINGLE}|{_QUOTED}|{_SEVERAL}|[\w.]+\b))?"
    )


def typed_options(values: Mapping[str, Any]) -> list[str]:
    """Settings as words of the terminal; each value is a text as it was typed, several of them, a boolean, or None.

    >>> typed_options({"effort": "best", "kinds": ["a=text"], "header": False, "delimiter": "-", "seed": None})
    ['--effort', 'best', '--kind', 'a=text', '--no-header', '--delimiter=-']
    """
    words: list[str] = []
    for name, value in values.items():
        option = SETTINGS[name].option
        if isinstance(value, bool):
            words.append(option if value else f"--no-{option[2:]}")
            continue
        for text in [value] if isinstance(value, str) else value or ():
            words += typed_option(option, text)
    return words


def typed_option(option: str, value: str) -> list[str]:
    """An option and its value, in two words unless the value looks like an option."""
    return [f"{option}={value}"] if value.startswith("-") else [option, value]


def typed_names(names: Sequence[str]) -> str:
    """Names of columns as one argument of a shell; `netable.config.parsing.names` reads them again.

    >>> print(typed_names(["id", "price, USD"]))
    'id,"price, USD"'
    """
    quoted = ('"' + name.replace('"', '""') + '"' if set(name) & set(',"') else name for name in names)
    return shlex.quote(",".join(quoted))

"""Settings and names as they are typed at the terminal."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from functools import cache

from netable.config.settings import SETTINGS

# A string literal of Python or JSON.
_QUOTED = r'"(?:[^"\\]|\\.)*"'


def as_options(text: str) -> str:
    """A message with settings written as options of the terminal.

    >>> as_options("lr must be above 0; try clip_norm=1.")
    '--lr must be above 0; try --clip-norm 1.'
    >>> as_options('ignore_columns=["id", "day of birth"]')
    "--ignore-columns 'id,day of birth'"
    """
    return _settings_pattern().sub(_as_option, text)


def _as_option(match: re.Match[str]) -> str:
    if not match["name"]:
        return match[0]  # a text in quotes is from the user
    value = f" {_as_typed(match['value'])}" if match["value"] else ""
    setting = SETTINGS.get(match["name"])
    return (setting.option if setting else "--outer-folds") + value


def _as_typed(value: str) -> str:
    """A value as a shell reads it; the names of a list are separated by commas."""
    if not value.startswith("["):
        return shlex.quote(value.strip("'\""))
    return typed_names([json.loads(name) for name in re.findall(_QUOTED, value)])


@cache
def _settings_pattern() -> re.Pattern[str]:
    """Matches texts in quotes, and settings with a value, with an underscore, or as the subject of a sentence."""
    settings = [*SETTINGS, "outer_folds"]
    every, certain = "|".join(settings), "|".join(name for name in settings if "_" in name)
    return re.compile(
        rf"(?<!\w)'[^']*'"
        rf"|(?<![\w/.-])(?P<name>(?:{every})(?==)|(?:{certain})(?![\w/-]|\.\w)"
        rf"|^(?:{every})(?= must | cannot | ')|(?<=lower )lr\b)"
        rf"(?:=(?P<value>'[^']*'|{_QUOTED}|\[{_QUOTED}(?:, {_QUOTED})*\]|[\w.]+\b))?"
    )


def typed_names(names: Sequence[str]) -> str:
    """Names of columns as one argument of a shell; `netable.config.parsing.names` reads them again.

    >>> print(typed_names(["id", "price, USD"]))
    'id,"price, USD"'
    """
    quoted = ('"' + name.replace('"', '""') + '"' if set(name) & set(',"') else name for name in names)
    return shlex.quote(",".join(quoted))

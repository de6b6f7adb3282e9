"""Texts of the command line as names, pairs and numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from netable.errors import ConfigError, did_you_mean

# How to type names for `names`, for the help of an option.
WITH_COMMA = """Quote a name that holds a comma: '"a, b",c'."""


def names(text: str) -> list[str]:
    """The names in a line of CSV; one that holds a comma stands between double quotes.

    >>> names('a, "b, c"')
    ['a', 'b, c']
    """
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True)
    return [part.strip() for row in rows for part in row if part.strip()]


def pairs(option: str, expected: str, text: str, choices: Sequence[str] = ()) -> dict[str, str]:
    """`a=1,b=2` as a mapping.

    Parameters
    ----------
    expected : str
        Description of valid text, for the `ConfigError` of a part that is no pair.
    choices : sequence of str
        Words that the option takes instead of pairs; the error suggests the nearest.
    """
    mapping = {}
    for part in names(text):
        name, equals, value = part.rpartition("=")
        if not equals:
            hint = f" {did_you_mean(part, choices)}" if choices else ""
            raise ConfigError(f"{option} takes {expected}; got {part!r}.{hint}")
        mapping[name.strip()] = value.strip()
    return mapping


def number(option: str, text: str) -> float:
    """The text as a number, or a `ConfigError`."""
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(f"{option} takes a number; got {text!r}.") from error


def whole(option: str, text: str) -> int:
    """The text, such as 12 or 1e3, as an integer, or a `ConfigError`."""
    try:
        return int(text)
    except ValueError:
        value = number(option, text)
    if not value.is_integer():
        raise ConfigError(f"{option} takes whole numbers; got {text!r}.")
    return int(value)

"""Kinds of columns as they are set: a kind, or for dates a kind with the format of their texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from netable.config import choices
from netable.config.parsing import pairs
from netable.config.values import Values, is_text
from netable.errors import ConfigError, check_choice

_LONGEST_FORMAT = 60
_YEAR = re.compile("%[YyGcx]")
# A day whose parts are all different, so that a format that forgets one shows.
EXAMPLE = datetime(2013, 2, 28, 15, 4, 5, tzinfo=UTC)


def split_kind(setting: str) -> tuple[str, str]:
    """The kind and the format, or "".

    >>> split_kind("date:%d.%m.%Y")
    ('date', '%d.%m.%Y')
    """
    kind, _, form = setting.partition(":")
    return kind, form


def date_formats(kinds: Mapping[str, str]) -> dict[str, str]:
    """The formats of those columns whose kind has one."""
    return {name: form for name, setting in kinds.items() if (form := split_kind(setting)[1])}


def is_date_format(form: str) -> bool:
    """The format is one of `datetime.strptime` that gives at least the year."""
    if not form.isprintable() or len(form) > _LONGEST_FORMAT or not _YEAR.search(form):
        return False
    try:
        return datetime.strptime(EXAMPLE.strftime(form), form).year == EXAMPLE.year
    except (ValueError, re.error):  # the second one for a part that is there twice
        return False


class Kinds(Values):
    """A mapping from names of columns to kinds of columns."""

    syntax = (
        f"COLUMN=KIND, separated by commas: {', '.join(choices.KINDS)}. With a comma: '\"a, b\"=flag'. "
        "Dates in a form of their own: 'COLUMN=date:%d.%m.%Y'."
    )
    repeats = True

    @property
    def in_python(self) -> str:
        """The form of the mapping."""
        return (
            f"A mapping of column name to {', '.join(choices.KINDS)}, or to a date's form, 'date:%d.%m.%Y'."
        )

    def checked(self, name: str, value: Any) -> Any:
        """The mapping."""
        if not isinstance(value, Mapping):
            raise ConfigError(f"{name} must map column names to kinds; got {value!r}.")
        for column, setting in value.items():
            if not is_text(column):
                raise ConfigError(f"{name} must map column names to kinds; got {column!r} for a name.")
            kind, form = split_kind(setting) if isinstance(setting, str) else (setting, "")
            check_choice(f"The kind of {column!r}", kind, choices.KINDS)
            if (form or setting != kind) and kind != "date":
                raise ConfigError(f"The kind of {column!r} cannot be {setting!r}: only dates have a form.")
            if setting != kind and not is_date_format(form):
                raise ConfigError(
                    f"The kind of {column!r} cannot be {setting!r}: write the form as Python's strptime takes it, with "
                    "a year, such as date:%d.%m.%Y or date:%b %d, %Y %H:%M."
                )
        return value

    def parse(self, option: str, typed: list[str]) -> dict[str, str]:
        """The mapping of all texts; the last one wins."""
        expected = f"COLUMN=KIND, separated by commas, of the kinds {', '.join(choices.KINDS)}"
        return {name: kind for text in typed for name, kind in pairs(option, expected, text).items()}

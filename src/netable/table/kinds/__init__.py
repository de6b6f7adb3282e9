"""The kinds of column, one module each, which infers, checks, encodes and describes it.

A new kind is a module here with a subclass of `Column`, and its name in `netable.config.choices.KINDS`: the kind
"date" is the class `Date` of the module `date`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any

from netable.config import choices
from netable.errors import ConfigError, check_choice
from netable.table.kinds.column import Column, ColumnValues

KINDS: dict[str, type[Column]] = {
    name: getattr(import_module(f"{__name__}.{name}"), name.capitalize()) for name in choices.KINDS
}


def infer_column(values: ColumnValues) -> Column:
    """A column of the kind that its values, and sometimes its name, suggest."""
    candidates = (kind.infer(values) for kind in reversed(KINDS.values()))
    return next(column for column in candidates if column)


def column_from_dict(plain: Mapping[str, Any]) -> Column:
    """The column that `Column.to_dict` wrote.

    Raises
    ------
    ConfigError
        If `to_dict` cannot have written it.
    """
    check_choice(f"The kind of {plain['name']!r}", plain["kind"], tuple(KINDS))
    kind = KINDS[plain["kind"]]
    known = {field.name for field in fields(kind)}
    if unknown := {name: value for name, value in plain.items() if value and name not in known | {"kind"}}:
        raise ConfigError(f"The column {plain['name']!r} is a {kind.kind}, which cannot have {unknown!r}.")
    values: dict[str, Any] = {
        n: tuple(v) if isinstance(v, list) else v for n, v in plain.items() if n in known
    }
    return kind(**values)

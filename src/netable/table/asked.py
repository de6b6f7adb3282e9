"""Columns that the settings of a training name."""

from __future__ import annotations

from collections.abc import Collection

from netable.config.settings import Settings
from netable.table.canonical.messages import check_columns


def check_asked(settings: Settings, names: Collection[str]) -> None:
    """Raise `SchemaError` if the settings name a column that a table with these names lacks."""
    targets = [settings.target] if isinstance(settings.target, str) else settings.target or ()
    check_columns(targets, names, "The target column")
    for what in ("weight", "group", "time"):
        if name := getattr(settings, f"{what}_column"):
            check_columns([name], names, f"The {what} column ({what}_column)")
    check_columns(settings.ignore_columns, names, "The column to ignore,")
    check_columns(settings.kinds, names, "The column with a kind set,")

"""Columns of a table with their numbers and bars, for the terminal."""

from __future__ import annotations

from math import floor, log10
from typing import Any

from netable.cli.output import say, say_table

# Columns to print; the rest is summed.
SHOWN = 20
_BAR = 24


def say_columns(columns: dict[str, list[Any]]) -> None:
    """Print columns below their names."""
    say()
    say_table(columns, zip(*columns.values(), strict=True))


def alike(values: list[float], like: float | None = None) -> list[str]:
    """Numbers with the same number of decimals, four digits in the largest (or in `like`)."""
    largest = max(map(abs, values)) if like is None else like
    decimals = min(9, max(0, 3 - floor(log10(largest)))) if largest > 0 else 3
    return [f"{value:z.{decimals}f}" for value in values]


def bar(value: float, most: float, sign: str = "█") -> str:
    """A bar as long as its value, as a share of the greatest; empty below zero."""
    return sign * round(_BAR * max(value, 0.0) / most) if most > 0 else ""

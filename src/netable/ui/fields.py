"""Inputs for the columns of a model, and the rows that are put together with them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netable.deploy.server.columns import example, json_type, levels, range_of, written
from netable.model.model import Model
from netable.table.kinds.column import Column

# Steps of a slider, at least.
_STEPS = 100


@dataclass(frozen=True)
class Field:
    """An input for a column.

    Attributes
    ----------
    place : int
        Among the columns that the model uses.
    name : str
    value : str
        Empty if missing.
    choices : tuple of str
        The only values to choose from; empty for any.
    hints : tuple of str
        Values that training had, among others.
    slider : (low, high, step) or None
    """

    place: int
    name: str
    value: str
    choices: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    slider: tuple[float, float, float] | None = None


def form_of_row(model: Model, row: Mapping[str, Any] | None) -> dict[str, str]:
    """A form with the cells of a canonical table's row; with usual values for None."""
    values = [
        example(column, model) if row is None else written(row[column.name], column)
        for column in model.schema.used
    ]
    return {f"cell-{place}": _text(value) for place, value in enumerate(values)}


def fields(model: Model, form: Mapping[str, Any]) -> list[Field]:
    """Inputs with the values of a form."""
    return [
        _field(model, place, column, str(form.get(f"cell-{place}", "")))
        for place, column in enumerate(model.schema.used)
    ]


def row_of_form(model: Model, form: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a form, in which a column is named by its place."""
    texts = {column: str(form.get(f"cell-{place}", "")) for place, column in enumerate(model.schema.used)}
    return {column.name: _cell(text.strip(), json_type(column)) for column, text in texts.items()}


def plain_cell(value: Any) -> str | float | bool | None:
    """A cell as tables of a page show it; days without the time of day."""
    return value if isinstance(value, str | float | bool | None) else str(value).removesuffix(" 00:00:00")


def _field(model: Model, place: int, column: Column, value: str) -> Field:
    known, kind = levels(column, model), json_type(column)
    if kind == "boolean" or column.known_texts:
        return Field(place, column.name, value, choices=known or ("true", "false"))
    slider = None
    if kind == "number" and column.is_continuous:
        slider = _slider(*range_of(column, model))
    return Field(place, column.name, value, hints=known, slider=slider)


def _slider(low: float, high: float) -> tuple[float, float, float] | None:
    if not math.isfinite(high - low) or high <= low:
        return None
    step = 10.0 ** math.floor(math.log10((high - low) / _STEPS))
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def _cell(text: str, kind: str) -> Any:
    if not text:
        return None
    if kind == "boolean":
        return text == "true"
    if kind == "number":
        try:
            value = float(text)
        except ValueError:
            return text
        return value if math.isfinite(value) else text
    return text


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.10g}" if isinstance(value, float) else str(value)

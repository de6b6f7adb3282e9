"""The code that reads columns as numbers and codes, as `netable.table.encode` encodes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from netable.deploy.contract.inputs import DATE, TEXT, Input
from netable.deploy.contract.levels import moment_of
from netable.deploy.torch.script import Expression, Group, brackets, call, quoted, written
from netable.table.canonical.dates import DAY_FIRST, MONTH_FIRST
from netable.table.canonical.forms import COMMA, DURATION, POINT, unit_of
from netable.table.encode import Encoder
from netable.table.kinds.date import Date
from netable.table.kinds.flag import Flag
from netable.table.kinds.text import Text

# The parsers of forms in the library.
_NUMBERS = {COMMA: "decimal_comma", POINT: "decimal_point", DURATION: "seconds"}
_DATES = {DAY_FIRST: "day_first", MONTH_FIRST: "month_first"}
_WHOLE = re.compile("-?[1-9][0-9]*|0")


def encode_section(inputs: Sequence[Input], encoder: Encoder) -> str:
    """The function `encode`, from columns to the arguments of the network: numbers, codes, or both."""
    parts: dict[str, list[Expression]] = {"numbers": [], "codes": []}
    for each in inputs:
        column = each.column
        if column.number_names:
            parts["numbers"].append(_numbers(each))
        if column.has_code:
            parts["codes"].append(_codes(each, encoder.levels[column.name], encoder.widths[column.name]))
    told = {"numbers": "numbers, NaN where missing", "codes": "codes of levels"}
    given = [name for name in parts if parts[name]]
    head = "def encode(columns: Columns) -> tuple[Tensor, ...]:"
    lines = [head, f'    """Columns as {", and ".join(told[name] for name in given)}, a row for each row."""']
    for name in given:
        lines += written(brackets(parts[name]), f"{name} = ", indent=4)
    stacked = [f"torch.from_numpy(np.stack({name}, 1))" for name in given]
    return "\n".join([*lines, f"    return {', '.join(stacked) if len(given) > 1 else f'({stacked[0]},)'}"])


def level_texts(inputs: Sequence[Input], encoder: Encoder) -> dict[str, list[str]]:
    """The levels of each category, as the texts that `encode` looks up."""
    return {
        each.column.name: [_as_read(each, level) for level in encoder.levels[each.column.name]]
        for each in inputs
        if each.column.has_code
    }


def _numbers(each: Input) -> Expression:
    column = each.column
    if isinstance(column, Date):
        return call("*time_numbers" if column.has_time else "*date_numbers", _read("read_dates", each))
    if isinstance(column, Flag) and column.levels:
        levels = [quoted(_as_read(each, level)) for level in column.levels]
        read = _texts(each, column.levels)
        return call("flags", call("lower_case", read) if each.type == TEXT else read, *levels)
    if isinstance(column, Text):
        return call("*text_numbers", _read("read_names", each))
    return _read("read_numbers", each)


def _codes(each: Input, levels: Sequence[str], width: int) -> Expression:
    name = quoted(each.column.name)
    if isinstance(each.column, Text):
        return call("*text_codes", _read("read_names", each), name, str(width))
    return call("level_codes", _texts(each, levels), name)


def _texts(each: Input, levels: Sequence[str]) -> Group:
    """The cells of a column as texts, of which some are levels."""
    if each.type == TEXT:
        return _read("read_names" if any(map(_WHOLE.fullmatch, levels)) else "read_texts", each)
    if each.type == DATE:
        return _read("read_date_texts", each)
    return _read("read_truth_texts" if each.column.storage == "boolean" else "read_number_texts", each)


def _read(function: str, each: Input) -> Group:
    """The call of a reader, with the parser of cells if it takes one that is not the usual one."""
    column, parser = each.column, ""
    if function not in ("read_texts", "read_names", "read_truth_texts"):
        parser = (
            _date_parser(column.form) if each.type == DATE else number_parser(column.storage, column.form)
        )
    return call(function, "columns", quoted(column.name), *([parser] if parser else []))


def number_parser(storage: str, form: str) -> str:
    """The function of the library that parses the texts of a column of numbers; "" for plain numbers."""
    if storage == "boolean":
        return "truth"
    if storage in ("text", "category"):
        return "number_or_missing"
    notation, unit = unit_of(form)
    if not unit:
        return _NUMBERS.get(notation, "")
    before, after = (quoted(part.strip()) for part in unit.split("#"))
    return f"lambda text: {_NUMBERS.get(notation, 'float')}(without_unit(text, {before}, {after}))"


def _date_parser(form: str) -> str:
    """The same for dates; "" for those in ISO 8601."""
    order, written = unit_of(form)
    return f"lambda text: written_date(text, {quoted(written)})" if written else _DATES.get(order, "")


def _as_read(each: Input, level: str) -> str:
    """A level as `encode` reads it; dates are written in full."""
    return str(np.datetime64(moment_of(level), "us")) if each.type == DATE else level

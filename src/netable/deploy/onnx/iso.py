"""Dates in ISO 8601 as microseconds since 1970."""

from __future__ import annotations

import numpy as np

from netable.deploy.onnx.calendar import DAYS_OF_ERA, DAYS_TO_1970, MINUTE, is_leap, whole
from netable.deploy.onnx.graph import Array, Graph, Value
from netable.table.kinds.date import DAY

_DATE = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?"
_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})?"
_PATTERN = rf"{_DATE}([T ]{_CLOCK}{_ZONE})?"
_DAYS_OF_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
_SECOND = 1_000_000  # microseconds
# Digits of a double that a second has beyond microseconds; less than any digit that is cut off can be.
_ROUNDING = 1e-4


def moments_of(graph: Graph, texts: Value) -> tuple[Value, Value]:
    """Microseconds since 1970 in UTC, and the texts that are no dates: (rows, 1) → twice (rows, 1)."""
    fits = graph.op("RegexFullMatch", texts, pattern=_PATTERN)
    texts = graph.op("Where", fits, texts, _text("1970-01-01"))
    date, after_t = _halves(graph, texts, "T")
    date, after_blank = _halves(graph, date, " ")
    day, is_day = _days(graph, date)
    clock, ahead = _clock_and_offset(graph, graph.op("StringConcat", after_t, after_blank))
    moment = graph.op("Add", graph.op("Mul", day, whole(DAY)), _in_day(graph, clock))
    moment = graph.op("Sub", moment, ahead)
    return moment, graph.op("Not", graph.op("And", fits, is_day))


def _halves(graph: Graph, texts: Value, mark: str) -> tuple[Value, Value]:
    """What is before the first mark and behind it; nothing is behind it in texts without one."""
    has_mark = graph.op("RegexFullMatch", texts, pattern=rf".*[{mark}].*")
    marked = graph.op("Where", has_mark, texts, graph.op("StringConcat", texts, _text(mark)))
    first, second = _pieces(graph, marked, mark, 2)
    return first, second


def _pieces(graph: Graph, texts: Value, mark: str, count: int) -> list[Value]:
    """The parts of texts that have `count - 1` marks or more."""
    pieces, _ = graph.ops("StringSplit", texts, n_out=2, delimiter=mark, maxsplit=count - 1)
    return [graph.op("Gather", pieces, np.array(i, np.int64), axis=2) for i in range(count)]


def _days(graph: Graph, dates: Value) -> tuple[Value, Value]:
    """Days since 1970, and whether the calendar has them."""
    year, month, day = (graph.cast(part, np.int64) for part in _pieces(graph, dates, "-", 3))
    is_february = graph.op("Equal", month, whole(2))
    leap_day = graph.cast(graph.op("And", is_february, is_leap(graph, year)), np.int64)
    lengths = graph.op("Gather", np.array([0, *_DAYS_OF_MONTHS], np.int64), month)
    exists = graph.op("LessOrEqual", day, graph.op("Add", lengths, leap_day))
    # Years begin in March, so that a leap day ends its year.
    is_early = graph.op("LessOrEqual", month, whole(2))
    year = graph.op("Sub", year, graph.cast(is_early, np.int64))
    month = graph.op("Mod", graph.op("Add", month, whole(9)), whole(12))
    of_months = _divided(graph, graph.op("Add", graph.op("Mul", month, whole(153)), whole(2)), 5)
    in_year = graph.op("Add", of_months, graph.op("Sub", day, whole(1)))
    in_era = graph.op("Mod", year, whole(400))
    eras = _divided(graph, graph.op("Sub", year, in_era), 400)
    leap_days = graph.op("Sub", _divided(graph, in_era, 4), _divided(graph, in_era, 100))
    before = graph.op("Add", graph.op("Mul", in_era, whole(365)), leap_days)
    since = graph.op("Add", graph.op("Mul", eras, whole(DAYS_OF_ERA)), graph.op("Add", before, in_year))
    return graph.op("Sub", since, whole(DAYS_TO_1970)), exists


def _clock_and_offset(graph: Graph, times: Value) -> tuple[Value, Value]:
    """The time of day without its offset from UTC, and that offset in microseconds."""
    clock, _ = _halves(graph, times, "Z")
    clock, east = _halves(graph, clock, "+")
    clock, west = _halves(graph, clock, "-")
    offset = graph.op("Sub", _offset(graph, east), _offset(graph, west))
    return clock, offset


def _offset(graph: Graph, texts: Value) -> Value:
    """Hours and minutes in microseconds; 0 for an empty text."""
    hours, minutes = (
        graph.cast(part, np.int64) for part in _pieces(graph, _or(graph, texts, "00:00"), ":", 2)
    )
    minutes = graph.op("Add", graph.op("Mul", hours, whole(60)), minutes)
    return graph.op("Mul", minutes, whole(MINUTE))


def _in_day(graph: Graph, clocks: Value) -> Value:
    """A time such as 15:04, 15:04:05 or 15:04:05.678 in microseconds; 0 for an empty text."""
    clocks = _or(graph, clocks, "00:00")
    minutes = _offset(graph, clocks)
    has_seconds = graph.op("RegexFullMatch", clocks, pattern=".*:.*:.*")
    whole_clocks = graph.op("Where", has_seconds, clocks, graph.op("StringConcat", clocks, _text(":00")))
    seconds = graph.cast(_pieces(graph, whole_clocks, ":", 3)[2], np.float64)
    scaled = graph.op("Mul", seconds, np.array([[float(_SECOND)]]))
    rounded = graph.op("Floor", graph.op("Add", scaled, np.array([[_ROUNDING]])))
    return graph.op("Add", minutes, graph.cast(rounded, np.int64))


def _or(graph: Graph, texts: Value, otherwise: str) -> Value:
    is_empty = graph.op("Equal", texts, _text(""))
    return graph.op("Where", is_empty, _text(otherwise), texts)


def _divided(graph: Graph, value: Value, divisor: int) -> Value:
    return graph.op("Div", value, whole(divisor))


def _text(text: str) -> Array:
    return np.array([[text]], dtype=object)

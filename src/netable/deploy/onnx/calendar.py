"""Dates as the numbers of `netable.table.kinds.date`, from microseconds since 1970."""

from __future__ import annotations

import numpy as np

from netable.deploy.onnx.graph import Array, Graph, Value
from netable.table.kinds.date import DAY, YEAR, on_circle

MINUTE = 60_000_000  # microseconds
# Days from 1 March of year 0 to 1 January 1970, and in 400 years.
DAYS_TO_1970, DAYS_OF_ERA = 719_468, 146_097
# Days from 1 March to 1 January, and from 1 January to 1 March of a common year.
_TO_NEW_YEAR, _TO_MARCH = 306, 59


def date_numbers(graph: Graph, microseconds: Value, missing: Value, *, has_time: bool) -> Value:
    """The numbers of a date: (rows, 1), int64 → (rows, 6 or 8), float64, NaN where missing."""
    moment = graph.op("Where", missing, whole(0), microseconds)
    in_day = graph.op("Mod", moment, whole(DAY))
    day = graph.op("Div", graph.op("Sub", moment, in_day), whole(DAY))
    year, day_of_year = _year(graph, day)
    weekday = graph.op("Mod", graph.op("Add", day, whole(3)), whole(7))
    elapsed = _real(graph, day)
    if has_time:
        elapsed = graph.op("Div", _real(graph, moment), _number(DAY))
    parts = [elapsed, _real(graph, year)]
    parts += _looked_up(graph, day_of_year, on_circle(np.arange(366) / YEAR))
    parts += _looked_up(graph, weekday, on_circle(np.arange(7) / 7))
    if has_time:
        parts += _times_of_day(graph, in_day)
    numbers = graph.op("Concat", *parts, axis=1)
    return graph.op("Where", missing, np.array([[np.nan]]), numbers)


def is_leap(graph: Graph, year: Value) -> Value:
    """True for years of 366 days: (rows, 1) → the same."""
    by_4, by_100, by_400 = (
        graph.op("Equal", graph.op("Mod", year, whole(number)), whole(0)) for number in (4, 100, 400)
    )
    return graph.op("Or", by_400, graph.op("And", by_4, graph.op("Not", by_100)))


def whole(number: int) -> Array:
    """A constant for columns of int64: (1, 1)."""
    return np.array([[number]], np.int64)


def _year(graph: Graph, day: Value) -> tuple[Value, Value]:
    """The year, and the day in it, 0 for 1 January.

    Years begin in March here, so that a leap day ends its year. *Reference*: H. Hinnant (2013), "chrono-Compatible
    Low-Level Date Algorithms".
    """
    since = graph.op("Add", day, whole(DAYS_TO_1970))
    in_era = graph.op("Mod", since, whole(DAYS_OF_ERA))
    era = graph.op("Div", graph.op("Sub", since, in_era), whole(DAYS_OF_ERA))
    without_leap_days = _plus_quotients(graph, in_era, in_era, {1460: -1, 36_524: 1, 146_096: -1})
    year_of_era = graph.op("Div", without_leap_days, whole(365))
    days_before = graph.op("Mul", year_of_era, whole(365))
    since_march = graph.op("Sub", in_era, _plus_quotients(graph, days_before, year_of_era, {4: 1, 100: -1}))
    year = graph.op("Add", year_of_era, graph.op("Mul", era, whole(400)))
    is_next = graph.op("GreaterOrEqual", since_march, whole(_TO_NEW_YEAR))
    leap_day = graph.cast(is_leap(graph, year), np.int64)
    from_march = graph.op("Add", graph.op("Add", since_march, whole(_TO_MARCH)), leap_day)
    from_new_year = graph.op("Sub", since_march, whole(_TO_NEW_YEAR))
    day_of_year = graph.op("Where", is_next, from_new_year, from_march)
    return graph.op("Add", year, graph.cast(is_next, np.int64)), day_of_year


def _plus_quotients(graph: Graph, total: Value, value: Value, signs: dict[int, int]) -> Value:
    """The total plus or minus the whole quotients of a value by some divisors."""
    for divisor, sign in signs.items():
        quotient = graph.op("Div", value, whole(divisor))
        total = graph.op("Add" if sign > 0 else "Sub", total, quotient)
    return total


def _looked_up(graph: Graph, place: Value, tables: list[Array]) -> list[Value]:
    """Sine and cosine from tables, to the last bit as the encoder has them.

    Some cosines are equal but for rounding, as those of Wednesday and Saturday. In a column of these two days alone,
    the network sees nothing but the last bit, scaled up.
    """
    return [graph.op("Gather", table, place) for table in tables]


def _times_of_day(graph: Graph, in_day: Value) -> list[Value]:
    """Sine and cosine of microseconds since midnight; from tables for whole minutes."""
    angle = graph.op("Mul", graph.op("Div", _real(graph, in_day), _number(DAY)), _number(2 * np.pi))
    # Not the operator Cos, which onnxruntime 1.20 lacks in double precision.
    computed = [graph.op("Sin", angle), graph.op("Sin", graph.op("Add", angle, _number(np.pi / 2)))]
    minutes = DAY // MINUTE
    known = _looked_up(graph, graph.op("Div", in_day, whole(MINUTE)), on_circle(np.arange(minutes) / minutes))
    is_whole = graph.op("Equal", graph.op("Mod", in_day, whole(MINUTE)), whole(0))
    return [graph.op("Where", is_whole, *pair) for pair in zip(known, computed, strict=True)]


def _number(number: float) -> Array:
    return np.array([[number]], np.float64)


def _real(graph: Graph, number: Value) -> Value:
    return graph.cast(number, np.float64)

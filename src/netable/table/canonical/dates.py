"""Parsers of dates, times and durations from the distinct texts of a column.

A date is certain in ISO 8601 form, with its year first, or with the month's English name; with day and month as
numbers it is certain if the whole column allows one order only.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from netable.table.canonical.values import all_parsed, where

DAY_FIRST, MONTH_FIRST = "day first", "month first"
ISO_DATE = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?P<zone> ?Z| ?UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$"
)
_HALF = r" ?[AaPp]\.?[Mm]\.?"
_TIME = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
DAY_AND_MONTH = rf"^[0-9]{{1,2}}([/.-])[0-9]{{1,2}}[/.-][0-9]{{4}}(?:,? {_TIME}(?:{_HALF})?)?$"
_HALF_DAY = rf"^.*[ T](?:0?[1-9]|1[0-2]):[0-9]{{2}}(?::[0-9]{{2}})?{_HALF}$"
_NOON = pa.scalar(12 * 3_600_000_000, pa.duration("us"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "june?", "july?", "aug", "sept?", "oct", "nov", "dec")
_ENDINGS = ("uary", "ruary", "ch", "il", "", "", "", "ust", "ember", "ober", "ember", "ember")
_COMPACT = r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"
# So many numbers that are all dates are no coincidence.
_COMPACT_AT_LEAST = 3
_DURATION = (
    r"^(?:(?P<days>[+-]?[0-9]+) days?,? \+?)?(?P<sign>-?)(?P<hours>[0-9]{1,4}):(?P<minutes>[0-5][0-9])"
    r"(?P<rest>:[0-5][0-9](?:\.[0-9]+)?)?$"
)
_NAME = r"(?i:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?)"
# Dates, times and durations in any spelling.
LOOKS = (
    rf"^(?:[A-Za-z]{{3,9}}, ?)?(?:[0-9]{{1,4}}[/. -](?:[0-9]{{1,2}}|{_NAME})[/., -]{{1,2}}[0-9]{{2,4}}"
    rf"|{_NAME} [0-9]{{1,2}},? [0-9]{{4}}|(?:[0-9]+ days?,? )?[+-]?[0-9]{{1,4}}:[0-9]{{2}})(?:[,T ].*|:[0-9.:]*)?$"
)


def parse_timestamps(texts: pa.Array, order: str = "") -> pa.Array:
    """Parse dates and timestamps that are certain, or have day and month in a known order, to UTC."""
    has_half = pc.match_substring_regex(texts, rf"[0-9]{_HALF}$")
    if not pc.any(has_half).as_py():
        return _parse_iso(_to_iso(texts, order))
    fitting = where(pc.or_(pc.invert(has_half), pc.match_substring_regex(texts, _HALF_DAY)), texts)
    plain = pc.replace_substring_regex(fitting, rf"([ T])12(:[0-9:]+{_HALF})$", r"\100\2")
    plain = pc.replace_substring_regex(plain, rf"{_HALF}$", "")
    moments = _parse_iso(_to_iso(plain, order))
    is_late = pc.match_substring_regex(texts, r"[Pp]\.?[Mm]\.?$")
    return pc.if_else(is_late, pc.add(moments, _NOON), moments)


def _to_iso(texts: pa.Array, order: str) -> pa.Array:
    if order:
        padded = pc.replace_substring_regex(texts, r"\b([0-9])\b", r"0\1")
        day, month = ("1", "2") if order == DAY_FIRST else ("2", "1")
        return pc.replace_substring_regex(
            padded, r"^([0-9]{2})[/.-]([0-9]{2})[/.-]([0-9]{4}),?", rf"\3-\{month}-\{day}"
        )
    if pc.all(pc.match_substring_regex(texts, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:$|[T ][0-9]{2}:)")).as_py():
        return texts
    for mark in ("/", r"\.", "-"):
        texts = pc.replace_substring_regex(
            texts, rf"^([0-9]{{4}}){mark}([0-9]{{1,2}}){mark}([0-9]{{1,2}})\b", r"\1-\2-\3"
        )
    if pc.any(pc.match_substring_regex(texts, r"[A-Za-z]{3}.*[0-9]{4}")).as_py():
        texts = _without_names(texts)
    texts = pc.replace_substring_regex(texts, r"^([0-9]{4})-([0-9])-", r"\1-0\2-")
    texts = pc.replace_substring_regex(texts, r"^([0-9]{4}-[0-9]{2})-([0-9])\b", r"\1-0\2")
    return pc.replace_substring_regex(texts, r"^([0-9-]{10}),?([T ])([0-9]):", r"\1\20\3:")


def _without_names(texts: pa.Array) -> pa.Array:
    """Dates with the English name of a month, in ISO 8601 form."""
    for number, (name, ending) in enumerate(zip(_MONTHS, _ENDINGS, strict=True), 1):
        month = rf"(?i:{name}(?:{ending})?)\.?"
        texts = pc.replace_substring_regex(
            texts, rf"^([0-9]{{1,2}})[ -]{month},?[ -]([0-9]{{4}})\b", rf"\2-{number:02}-\1"
        )
        texts = pc.replace_substring_regex(
            texts, rf"^{month} ([0-9]{{1,2}}),? ([0-9]{{4}})\b", rf"\2-{number:02}-\1"
        )
    return texts


def _parse_iso(texts: pa.Array) -> pa.Array:
    iso = where(pc.match_substring_regex(texts, ISO_DATE), texts)
    iso = pc.replace_substring_regex(iso, r"(\.[0-9]{6})[0-9]+", r"\1")
    iso = pc.replace_substring_regex(iso, r" ?(?:UTC|Z)$", "Z")
    iso = pc.replace_substring_regex(iso, r"^([0-9-]{10})$", r"\1 00:00Z")
    iso = pc.replace_substring_regex(iso, r"^(.{11}[0-9:.]+)$", r"\1Z")
    try:
        moments = iso.cast(pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:  # such as a 30th of February; each text is tried alone
        moments = pc.if_else(pa.array([_is_moment(text) for text in iso.to_pylist()]), iso, None)
        moments = moments.cast(pa.timestamp("us", "UTC"))
    return moments.cast(pa.timestamp("us"))


def _is_moment(text: str | None) -> bool:
    try:
        datetime.fromisoformat(text or "")
    except ValueError:
        return False
    return True


def offsets_of(texts: pa.Array) -> pa.Array:
    """The written UTC offset of each date, "" for dates without one."""
    return pc.fill_null(pc.struct_field(pc.extract_regex(_to_iso(texts, ""), ISO_DATE), "zone"), "")


def zones(texts: pa.Array) -> list[str]:
    """The UTC offsets of timestamps; "" for timestamps without one."""
    offsets = offsets_of(texts.drop_null())
    offsets = pc.replace_substring_regex(offsets, r"^ ?(?:Z|UTC)$", "+00")
    offsets = pc.replace_substring_regex(pc.replace_substring(offsets, ":", ""), r"^(.[0-9]{2})00$", r"\1")
    return sorted(offsets.unique().to_pylist())


def day_month_orders(texts: pa.Array) -> set[str]:
    """`DAY_FIRST`, `MONTH_FIRST` or both if all texts are dates that may be in that order."""
    if not bool(pc.all(pc.match_substring_regex(texts, DAY_AND_MONTH)).as_py()):
        return set()
    first_is_day = pc.any(pc.match_substring_regex(texts, r"^(?:1[3-9]|[23][0-9])")).as_py()
    second_is_day = pc.any(pc.match_substring_regex(texts, r"^[0-9]+[/.-](?:1[3-9]|[23][0-9])")).as_py()
    ruled_out = {DAY_FIRST: second_is_day, MONTH_FIRST: first_is_day}
    return {order for order in ruled_out if not ruled_out[order]}


def parse_dates(texts: pa.Array) -> pa.Array:
    """Parse timestamps that are certain, or in the only possible order of day and month."""
    orders = day_month_orders(texts)
    return parse_timestamps(texts, orders.pop() if len(orders) == 1 else "")


def parse_compact(texts: pa.Array) -> pa.Array:
    """Parse dates of eight digits such as 20110201."""
    fitting = where(pc.match_substring_regex(texts, _COMPACT), texts)
    return _parse_iso(pc.replace_substring_regex(fitting, r"^(....)(..)(..)$", r"\1-\2-\3"))


def are_compact(texts: pa.Array) -> bool:
    """All texts are dates of eight digits, and so many that this is no coincidence."""
    present = texts.drop_null()
    if len(present) < _COMPACT_AT_LEAST or not pc.match_substring_regex(present[:1], _COMPACT)[0].as_py():
        return False
    return all_parsed(parse_compact(present), present)


def parse_written(texts: pa.Array, form: str) -> pa.Array:
    """Parse dates in a form of `datetime.strptime`, to UTC if it has an offset."""
    return pa.array([_written(text, form) for text in texts.to_pylist()], pa.timestamp("us"))


def _written(text: str | None, form: str) -> datetime | None:
    try:
        moment = datetime.strptime(text or "", form)
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def parse_durations(texts: pa.Array) -> pa.Array:
    """Parse durations and times of day such as 1:02:03 or 2 days 01:02:03, to seconds."""
    parts = pc.extract_regex(texts, _DURATION)
    days, sign, hours, minutes, rest = (
        pc.struct_field(parts, name) for name in ("days", "sign", "hours", "minutes", "rest")
    )
    seconds = pc.multiply(_number(hours), 3600.0)
    seconds = pc.add(pc.add(seconds, pc.multiply(_number(minutes), 60.0)), _number(pc.utf8_ltrim(rest, ":")))
    seconds = pc.multiply(seconds, pc.if_else(pc.equal(sign, "-"), -1.0, 1.0))
    return pc.add(seconds, pc.multiply(_number(pc.utf8_ltrim(days, "+")), 86400.0))


def are_durations(texts: pa.Array) -> bool:
    """All texts are durations of the same parts; 75:30 may be hours and minutes, or minutes and seconds."""
    if not all_parsed(parse_durations(texts), texts):
        return False
    has_seconds = pc.match_substring_regex(texts, r":.*:")
    if pc.all(has_seconds).as_py():
        return True
    is_time = pc.match_substring_regex(texts, r"^(?:[01]?[0-9]|2[0-3]):")
    return bool(not pc.any(has_seconds).as_py() and pc.all(is_time).as_py())


def _number(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), "0", texts).cast(pa.float64())

"""A date as numbers that a network can use: how long ago, which year, and where in the year, week and day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

_DAY = 86_400_000_000  # microseconds
_YEAR = 365.25  # days
_PARTS = ("days", "year", "season sine", "season cosine", "weekday sine", "weekday cosine")
_TIME_PARTS = ("time sine", "time cosine")


def date_names(name: str, has_time: bool) -> list[str]:
    """The names of what `date_parts` returns.

    >>> date_names("sold", has_time=False)[:2]
    ['sold (days)', 'sold (year)']
    """
    return [f"{name} ({part})" for part in (*_PARTS, *(_TIME_PARTS if has_time else ()))]


def date_parts(data: pa.ChunkedArray, has_time: bool) -> list[np.ndarray]:
    """Days since 1970, the year, and sine and cosine of season, weekday and, if asked for, time of day.

    Each is float64 (rows,), NaN where the date is missing.
    """
    microseconds = data.cast(pa.int64()).fill_null(0).to_numpy()
    day = microseconds // _DAY
    date = day.astype("datetime64[D]")
    new_year = date.astype("datetime64[Y]")
    elapsed = microseconds / _DAY if has_time else day.astype(np.float64)
    parts = [elapsed, new_year.astype(np.int64) + 1970.0]
    parts += _on_circle((date - new_year.astype("datetime64[D]")).astype(np.int64) / _YEAR)
    parts += _on_circle((day + 3) % 7 / 7)  # 1970 began on a Thursday
    if has_time:
        parts += _on_circle(microseconds % _DAY / _DAY)
    missing = data.is_null().to_numpy()
    for part in parts:
        part[missing] = np.nan
    return parts


def _on_circle(turn: np.ndarray) -> list[np.ndarray]:
    angle = 2 * np.pi * turn
    return [np.sin(angle), np.cos(angle)]

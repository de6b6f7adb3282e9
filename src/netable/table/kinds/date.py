"""Dates, with or without a time of day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import ConfigError
from netable.table.canonical.casts import convert
from netable.table.kinds.column import Column, ColumnValues

DAY = 86_400_000_000  # microseconds
YEAR = 365.25  # days
_PARTS = ("days", "year", "season sine", "season cosine", "weekday sine", "weekday cosine")
_TIME_PARTS = ("time sine", "time cosine")


@dataclass(frozen=True)
class Date(Column):
    """A date, encoded as days since 1970, the year, and points on the circles of season, weekday and time of day.

    Parameters
    ----------
    has_time : bool
        Some dates have a time of day.
    """

    kind = "date"
    because = "every value is a date"
    inferred_from = ("timestamp",)
    selected_as = "timestamp"
    is_continuous = True

    has_time: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.has_time, bool):
            raise ConfigError(f"has_time of {self.name!r} must be true or false; got {self.has_time!r}.")

    @classmethod
    def chosen(cls, values: ColumnValues) -> Date:
        """Values that can be read as dates."""
        microseconds = convert(values.data, "timestamp", values.name).cast(pa.int64())
        midnight = pc.multiply(pc.divide(microseconds, DAY), DAY)
        has_time = bool(pc.any(pc.not_equal(midnight, microseconds)).as_py())
        return cls(values.name, values.storage, has_time=has_time)

    @property
    def number_names(self) -> list[str]:
        """The names of the parts, such as "sold (days)"."""
        parts = (*_PARTS, *(_TIME_PARTS if self.has_time else ()))
        return [f"{self.name} ({part})" for part in parts]

    def numbers(self, selected: pa.ChunkedArray) -> list[np.ndarray]:
        """Days since 1970, the year, and sine and cosine of season, weekday and, if there are any, times of day."""
        microseconds = selected.cast(pa.int64()).fill_null(0).to_numpy()
        day, places = _each_once(microseconds // DAY)
        midnight = day.astype("datetime64[D]")
        new_year = midnight.astype("datetime64[Y]")
        parts = [day.astype(np.float64), new_year.astype(np.int64) + 1970.0]
        parts += on_circle((midnight - new_year.astype("datetime64[D]")).astype(np.int64) / YEAR)
        parts += on_circle((day + 3) % 7 / 7)  # 1970 began on a Thursday
        parts = [part[places] for part in parts]
        if self.has_time:
            parts[0] = microseconds / DAY
            parts += on_circle(microseconds % DAY / DAY)
        missing = selected.is_null().to_numpy()
        for part in parts:
            part[missing] = np.nan
        return parts

    def seen_as(self, levels: tuple[str, ...]) -> str:
        """The parts."""
        return "day, year, season, weekday" + (", time of day" if self.has_time else "")

    def value(self, value: datetime) -> date:
        """A date, with its time if the column has times."""
        return value if self.has_time else value.date()

    def positions(self, data: pa.ChunkedArray) -> np.ndarray:
        """Days since 1970."""
        microseconds = convert(data, "timestamp", self.name).cast(pa.int64())
        days: np.ndarray = microseconds.to_numpy() / DAY
        return days

    def value_at(self, position: float) -> str:
        """The day, as 2011-02-01."""
        return str(np.datetime64(int(np.floor(position)), "D"))


def on_circle(turn: np.ndarray) -> list[np.ndarray]:
    """Sine and cosine of a share of a whole turn."""
    angle = 2 * np.pi * turn
    return [np.sin(angle), np.cos(angle)]


def _each_once(days: np.ndarray) -> tuple[np.ndarray, np.ndarray | slice]:
    """The days of a range, if they are fewer than those given, and the place of each of these; else the days given."""
    if not len(days) or days.max() - days.min() >= len(days):
        return days, slice(None)
    return np.arange(days.min(), days.max() + 1), days - days.min()

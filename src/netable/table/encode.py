"""Rows to arrays: numbers with NaN for missing, and codes into a dictionary of levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike

from netable.errors import ConfigError
from netable.system.brief import brief
from netable.table.kinds.pieces import MOST_OF_A_TEXT
from netable.table.reading.base.frames import numbered_names
from netable.table.schema import Schema

# An offset is subtracted only if that saves at least three of a float32's 24 bits.
_WORTH_AN_OFFSET = 8
# Values no farther apart than this share of them differ by rounding.
_ROUNDING = 8 * np.finfo(np.float64).eps
# Rows of an array encoded at once, which bounds the memory for intermediate results.
_BLOCK_ROWS = 1 << 14
LARGEST = {np.dtype(kind): float(np.finfo(kind).max) / 8 for kind in (np.float32, np.float64)}


class Encoded(NamedTuple):
    """A table as arrays.

    Parameters
    ----------
    numbers : float (rows, d_num), C-contiguous
        NaN where missing.
    codes : int32 (rows, d_cat)
        0 for missing, 1 for an unknown level, 2 and above for the levels; a text has those of its known pieces, then 0.
    unseen : mapping of column name to int
        Cells with a text that the training table does not have, for columns with any.
    far_out : mapping of number name to int
        Numbers farther outside the training range than the range is wide, for columns with any.
    extremes : float64 (2, d_num)
        The least and the greatest of each number, before the offset is subtracted; NaN where all are missing.
    """

    numbers: np.ndarray
    codes: np.ndarray
    unseen: Mapping[str, int] = {}  # never changed; a mapping proxy could not be pickled
    far_out: Mapping[str, int] = {}
    extremes: np.ndarray = np.empty((2, 0))

    def __repr__(self) -> str:
        return brief(self)

    def take(self, rows: slice | np.ndarray) -> Encoded:
        """Some of the rows, by a slice, their numbers or a mask, without the counts."""
        return Encoded(self.numbers[rows], self.codes[rows])


@dataclass(frozen=True)
class Encoder:
    """The schema, the range of each number and the levels of each category.

    Parameters
    ----------
    schema : Schema
        The columns.
    ranges : tuple of (float, float)
        The least and the greatest value of each of `number_names`.
    offsets : tuple of float
        Subtracted from each number in 64 bits, so that 32 bits are enough for the difference.
    levels : mapping of column name to tuple of str
        The levels of each of `category_names`, or the known pieces of its texts.
    widths : mapping of column name to int
        The number of codes of each of `category_names`.
    """

    schema: Schema
    ranges: tuple[tuple[float, float], ...]
    offsets: tuple[float, ...]
    levels: Mapping[str, tuple[str, ...]]
    widths: Mapping[str, int]

    __repr__ = brief

    @classmethod
    def learn(cls, schema: Schema, table: pa.Table) -> Encoder:
        """Learn levels and ranges from a table that `schema.select` returned.

        They depend neither on the order of rows nor on repeated rows.
        """
        distinct: list[np.ndarray] = []
        levels: dict[str, tuple[str, ...]] = {}
        widths: dict[str, int] = {}
        for column in schema.used:
            data = table.column(column.name)
            if column.has_code:
                levels[column.name], widths[column.name] = column.learn_levels(data)
            distinct += map(_distinct, column.numbers(data))
        return cls(schema, tuple(map(_range, distinct)), tuple(map(_offset, distinct)), levels, widths)

    @property
    def number_names(self) -> tuple[str, ...]:
        """The name of each column of `Encoded.numbers`; a date has several."""
        return tuple(name for column in self.schema.used for name in column.number_names)

    @property
    def category_names(self) -> tuple[str, ...]:
        """The name of each column with codes."""
        return tuple(column.name for column in self.schema.used if column.has_code)

    @property
    def d_num(self) -> int:
        """The number of encoded numbers of a row."""
        return len(self.ranges)

    @property
    def d_cat(self) -> int:
        """The number of codes of a row."""
        return sum(self.widths.values())

    @property
    def cardinalities(self) -> tuple[int, ...]:
        """The number of possible codes of each of `category_names`: missing, unknown and the levels."""
        return tuple(2 + len(self.levels[name]) for name in self.category_names)

    @property
    def category_levels(self) -> tuple[int, ...]:
        """The number of levels of each category, without those of texts."""
        return tuple(len(self.levels[name]) for name, width in self.widths.items() if width == 1)

    @property
    def code_widths(self) -> tuple[int, ...]:
        """The number of codes of each of `category_names`."""
        return tuple(self.widths[name] for name in self.category_names)

    def encode(self, table: pa.Table, dtype: DTypeLike = np.float32) -> Encoded:
        """Encode a table that `schema.select` returned, each row by itself."""
        numbers = np.empty((table.num_rows, self.d_num), dtype=dtype)
        codes = np.empty((table.num_rows, self.d_cat), dtype=np.int32)
        unseen, far_out = dict[str, int](), dict[str, int]()
        extremes = np.empty((2, self.d_num))
        outputs = iter(zip(numbers.T, extremes.T, self.number_names, self._bounds.T, strict=True))
        for column in self.schema.used:
            data = table.column(column.name)
            parts = column.numbers(data)
            n_unseen = 0
            if column.has_code:
                code = codes[:, self.spans[column.name][1]]
                code[:] = column.codes(data, self.levels[column.name], self.widths[column.name])
                n_unseen = int(np.count_nonzero(code[:, 0] == 1))
            elif column.selected_as == "text":
                n_unseen = int(np.isnan(parts[0]).sum()) - data.null_count
            if n_unseen:
                unseen[column.name] = n_unseen
            for part in parts:
                out, span, name, (offset, lowest, highest) = next(outputs)
                _put(out, part, offset)
                span[:] = np.fmin.reduce(part, initial=np.nan), np.fmax.reduce(part, initial=np.nan)
                if span[0] < lowest or span[1] > highest:
                    far_out[name] = int(np.count_nonzero((part < lowest) | (part > highest)))
        return Encoded(numbers, codes, unseen, far_out, extremes)

    @cached_property
    def spans(self) -> dict[str, tuple[slice, slice]]:
        """The places of each used column's numbers and of its codes."""
        spans, n_num, n_cat = {}, 0, 0
        for column in self.schema.used:
            d_num, d_cat = len(column.number_names), self.widths.get(column.name, 0)
            spans[column.name] = slice(n_num, n_num + d_num), slice(n_cat, n_cat + d_cat)
            n_num, n_cat = n_num + d_num, n_cat + d_cat
        return spans

    @cached_property
    def places(self) -> np.ndarray | None:
        """The places of the used columns among all columns if all of them are plain numbers; else None."""
        if not all(column.is_raw for column in self.schema.used):
            return None
        return np.array([i for i, column in enumerate(self.schema.columns) if column.used], dtype=np.int64)

    @cached_property
    def takes_arrays(self) -> bool:
        """True if all columns are numbers, and named as those of an array are."""
        names = [column.name for column in self.schema.columns]
        return self.places is not None and names == numbered_names(len(names))

    @cached_property
    def _bounds(self) -> np.ndarray:
        """The offset of each number, and the bounds beyond which it is far out: (3, d_num)."""
        low, high = np.array(self.ranges).reshape(-1, 2).T
        return np.stack([np.array(self.offsets), *_far_bounds(low, high)])

    def encode_numbers(self, values: np.ndarray, dtype: DTypeLike = np.float32) -> Encoded:
        """As `encode`, without codes: a float64 array (rows, d_num), or of all columns if `places` is not None."""
        offsets, lowest, highest = self._bounds
        numbers = np.empty((len(values), self.d_num), dtype=dtype)
        far: Any = None
        for start in range(0, len(values), _BLOCK_ROWS):
            block = values[start : start + _BLOCK_ROWS]
            if self.d_num < values.shape[1]:
                assert self.places is not None
                block = block[:, self.places]
            _put(numbers[start : start + _BLOCK_ROWS], block, offsets)
            is_far = (block < lowest) | (block > highest)
            if is_far.any():
                far = (0 if far is None else far) + np.count_nonzero(is_far, axis=0)
        far_out = {self.number_names[i]: int(far[i]) for i in np.flatnonzero(far)} if far is not None else {}
        return Encoded(numbers, np.empty((len(values), 0), dtype=np.int32), {}, far_out)

    def widened(self, extremes: np.ndarray) -> Encoder:
        """The same with ranges that also hold the numbers of a table, of these `Encoded.extremes`."""
        low, high = np.array(self.ranges).reshape(-1, 2).T
        wider = np.fmin(low, extremes[0]), np.fmax(high, extremes[1])
        return replace(self, ranges=tuple(zip(*(bound.tolist() for bound in wider), strict=True)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "schema": self.schema.to_dict(),
            "ranges": [list(span) for span in self.ranges],
            "offsets": list(self.offsets),
            "levels": {name: list(known) for name, known in self.levels.items()},
            "widths": dict(self.widths),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Encoder:
        """The encoder that `to_dict` wrote.

        Raises
        ------
        ConfigError
            If `to_dict` cannot have written it.
        """
        if not isinstance(plain["levels"], dict) or not all(map(_are_levels, plain["levels"].values())):
            raise ConfigError("The levels of each category must be different texts.")
        levels = {name: tuple(known) for name, known in plain["levels"].items()}
        widths = plain.get("widths", dict.fromkeys(levels, 1))  # files of earlier versions have no texts
        ranges = tuple((float(low), float(high)) for low, high in plain["ranges"])
        offsets = tuple(map(float, plain["offsets"]))
        encoder = cls(Schema.from_dict(plain["schema"]), ranges, offsets, levels, widths)
        numbers, categories = encoder.number_names, encoder.category_names
        if (
            not len(numbers) == len(ranges) == len(offsets)
            or not set(categories) == levels.keys() == widths.keys()
        ):
            raise ConfigError(
                f"{len(numbers)} numbers and {len(categories)} categories cannot have {len(ranges)} ranges, "
                f"{len(offsets)} offsets and the levels of {len(levels)}."
            )
        if not all(type(width) is int and 1 <= width <= MOST_OF_A_TEXT for width in widths.values()):
            raise ConfigError(f"A cell has from 1 to {MOST_OF_A_TEXT} codes.")
        if not np.isfinite(encoder._bounds[0]).all() or not all(-np.inf < a <= b < np.inf for a, b in ranges):
            raise ConfigError("Ranges must be two rising finite numbers, and offsets finite numbers.")
        return encoder


def _are_levels(known: object) -> bool:
    are_texts = isinstance(known, list) and all(isinstance(level, str) for level in known)
    return are_texts and len(set(known)) == len(known)  # type: ignore[call-overload, arg-type]


def _distinct(values: np.ndarray) -> np.ndarray:
    distinct: np.ndarray = np.unique(values[~np.isnan(values)])
    return distinct


def _range(distinct: np.ndarray) -> tuple[float, float]:
    return (float(distinct[0]), float(distinct[-1])) if len(distinct) else (0.0, 0.0)


def _far_bounds(low: Any, high: Any) -> tuple[Any, Any]:
    """The bounds beyond which a value is farther outside a range than the range is wide; one value shows no width."""
    with np.errstate(over="ignore"):
        width = np.where(high > low, high - low, np.inf)
        return low - width, high + width


def _offset(distinct: np.ndarray) -> float:
    """The median of the distinct values if it is large against their interquartile range, else 0.

    Values that differ by rounding alone, such as the cosines of two weekdays, have none: subtracted, it would leave the
    rounding, which scaling would enlarge.
    """
    if not len(distinct):
        return 0.0
    # Python floats overflow to infinity without a warning.
    low, high = float(distinct[0]), float(distinct[-1])
    if 0 < high - low <= _ROUNDING * max(abs(low), abs(high)):
        return 0.0
    first, middle, third = np.quantile(distinct, (0.25, 0.5, 0.75), method="inverted_cdf").tolist()
    return middle if abs(middle) / _WORTH_AN_OFFSET > third - first else 0.0


def _put(out: np.ndarray, values: np.ndarray, offset: float | np.ndarray) -> None:
    # Infinity would spoil every sum, so numbers too large for the type become its largest, with room to add some.
    limit = LARGEST[out.dtype]
    with np.errstate(over="ignore"):
        values = np.maximum(values - offset, -limit)
    np.minimum(values, limit, out=out, casting="same_kind")

"""Categories: texts from a set of levels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.config.codes import FIRST_LEVEL, MISSING, UNSEEN
from netable.system.wording import counted
from netable.table.kinds.column import Cell, Column

_NUMERIC = "Declared a category but holds numbers: {}. From a CSV it would be read as numbers unless its kind is set."


@dataclass(frozen=True)
class Category(Column):
    """A text, encoded as a code into the levels of the training table."""

    kind = "category"
    because = "texts, each a level"
    inferred_from = ("text", "category")
    selected_as = "text"
    has_code = True

    def oddity(self, selected: pa.ChunkedArray, *, is_chosen: bool) -> str:
        """Numbers in a column of the storage "category"."""
        is_odd = self.storage == "category" and not is_chosen and _are_numbers(selected)
        return _NUMERIC if is_odd else ""

    def learn_levels(self, selected: pa.ChunkedArray) -> tuple[tuple[str, ...], int]:
        """The sorted levels, of which a cell has one."""
        return tuple(sorted(pc.unique(selected).drop_null().to_pylist())), 1

    def codes(self, selected: pa.ChunkedArray, levels: tuple[str, ...], width: int) -> np.ndarray:
        """The code of each cell's level."""
        known = _places(levels)
        return np.concatenate([np.empty(0, np.int64), *(_codes(chunk, known) for chunk in selected.chunks)])[
            :, None
        ]

    def cell(self, levels: tuple[str, ...], missing: frozenset[str]) -> Cell | None:
        """Levels as they are; other texts may be spellings of one, or of a missing value."""
        codes = {level: float(code) for code, level in enumerate(levels, FIRST_LEVEL) if level not in missing}

        def code_of(value: Any) -> float | None:
            if type(value) is str:
                return codes.get(value)
            return float(MISSING) if value is None or (type(value) is float and value != value) else None

        return code_of

    def seen_as(self, levels: tuple[str, ...]) -> str:
        """The number of levels."""
        return counted(len(levels), "level")


@lru_cache(maxsize=64)
def _places(levels: tuple[str, ...]) -> dict[str, int]:
    return {level: place for place, level in enumerate(levels)}


def _codes(texts: pa.Array, known: dict[str, int]) -> np.ndarray:
    # Each text is looked up once. Arrow would look up all, among levels that it would sort in anew for every piece.
    once = texts.dictionary_encode()
    places = [*map(known.get, once.dictionary.to_pylist(), repeat(UNSEEN - FIRST_LEVEL))]
    once_codes = np.array([*places, MISSING - FIRST_LEVEL]) + FIRST_LEVEL
    codes: np.ndarray = once_codes[once.indices.fill_null(len(places)).to_numpy()]
    return codes


def _are_numbers(texts: pa.ChunkedArray) -> bool:
    try:
        pc.unique(texts).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True

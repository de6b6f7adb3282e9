"""Categories: texts from a set of levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
        places = pc.index_in(selected, value_set=pa.array(levels, pa.string()))
        codes: np.ndarray = places.fill_null(-1).to_numpy() + np.int64(2)
        codes[selected.is_null().to_numpy()] = 0
        return codes[:, None]

    def cell(self, levels: tuple[str, ...], missing: frozenset[str]) -> Cell | None:
        """Levels as they are; other texts may be spellings of one, or of a missing value."""
        codes = {level: float(code) for code, level in enumerate(levels, 2) if level not in missing}

        def code_of(value: Any) -> float | None:
            if type(value) is str:
                return codes.get(value)
            return 0.0 if value is None or (type(value) is float and value != value) else None

        return code_of

    def seen_as(self, levels: tuple[str, ...]) -> str:
        """The number of levels."""
        return counted(len(levels), "level")


def _are_numbers(texts: pa.ChunkedArray) -> bool:
    try:
        pc.unique(texts).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True

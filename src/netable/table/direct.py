"""Few rows of plain Python values, encoded without a table, which takes a hundred times as long for a row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from netable.table.encode import Encoded, Encoder
from netable.table.kinds.column import Cell
from netable.table.reading.base.frames import few_records

# More rows are encoded faster as a table.
MOST_ROWS = 64


class DirectEncoder:
    """Encodes a row or few, as a table of them would be: dicts, or a frame of pandas.

    Parameters
    ----------
    encoder : Encoder
    beside : collection of str
        Further columns that rows may have.
    missing : collection of str
        Texts that are missing values.
    """

    def __init__(self, encoder: Encoder, beside: Collection[str], missing: Collection[str]) -> None:
        self.encoder, self._beside, self._missing = encoder, tuple(beside), tuple(missing)
        self._known = {column.name for column in encoder.schema.columns}.union(beside)
        words = frozenset(missing)
        cells = [(c, c.cell(encoder.levels.get(c.name, ()), words)) for c in encoder.schema.used]
        self._suits = all(cell for _, cell in cells)
        self._numbers = [(column.name, cell) for column, cell in cells if cell and not column.has_code]
        self._codes = [(column.name, cell) for column, cell in cells if cell and column.has_code]

    def __reduce__(self) -> tuple[Any, ...]:
        """Make it again from its arguments."""
        return DirectEncoder, (self.encoder, self._beside, self._missing)

    def encode(self, source: object, dtype: DTypeLike) -> Encoded | None:
        """The rows of a source; None where only reading them as a table shows what a value means, or is wrong."""
        rows = few_records(source, MOST_ROWS) if self._suits else None
        if not rows or not all(row.keys() <= self._known for row in rows):
            return None
        numbers, codes = _cells(rows, self._numbers), _cells(rows, self._codes)
        if numbers is None or codes is None:
            return None
        encoded = self.encoder.encode_numbers(np.array(numbers, dtype=np.float64), dtype)
        return encoded._replace(codes=np.array(codes, dtype=np.int32))


def _cells(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[tuple[str, Cell]]
) -> list[list[float | None]] | None:
    """The values of the columns in each row; None if one is not known or lacks."""
    try:
        found = [[cell(row[name]) for name, cell in columns] for row in rows]
    except KeyError:
        return None
    return None if any(None in cells for cells in found) else found

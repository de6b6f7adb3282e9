"""Pieces of bounded size, in which large tables are read and written."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

# Cells of a piece at most; its rows are a multiple of those that a network predicts at once.
CELLS, ROWS = 1 << 19, 512
# Bytes of each column that are read at once.
BUFFER = 1 << 20


def rows_of_piece(columns: int) -> int:
    """The rows of a piece of so many columns."""
    return max(1, CELLS // max(1, columns) // ROWS) * ROWS


def in_pieces(batches: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """The rows of batches of any size in pieces, of which there is one at least."""
    rows = rows_of_piece(len(batches.schema))
    waiting, is_first = batches.schema.empty_table(), True
    for batch in batches:
        waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch])])
        while waiting.num_rows >= rows:
            yield waiting.slice(0, rows)
            waiting, is_first = waiting.slice(rows), False
    if waiting.num_rows or is_first:
        yield waiting

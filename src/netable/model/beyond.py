"""Rows that lie beyond those of training: later in time, or in new groups."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.errors import warn
from netable.model.row_sketch import NOTABLE_SHARE, SKETCH_SIZE, RowSketch
from netable.system.wording import percent
from netable.table.encode import Encoded, Encoder
from netable.table.kinds.column import Column

# The code of a level that training did not have.
UNSEEN = 1
# Days and numbers were rounded to 32 bits.
ROUNDING = 1e-6


def sketch_groups(column: pa.ChunkedArray) -> RowSketch:
    """The sketch of a column's values."""
    return RowSketch(np.unique(_hashes(column))[:SKETCH_SIZE])


def shares_beyond(
    table: pa.Table, encoded: Encoded, encoder: Encoder, recipe: Settings, groups: RowSketch
) -> dict[str, float]:
    """The share of rows later than all of training, or with values that it did not have, by column.

    Dates, categories, the time column and the group column are compared.

    Parameters
    ----------
    recipe : Settings
        Names the columns by which training was split.
    groups : RowSketch
        Of the group column in training; empty if unknown.
    """
    shares = {}
    for column in encoder.schema.used:
        name, (numbers, codes) = column.name, encoder.spans[column.name]
        if _is_time(column, recipe):
            last = encoder.ranges[numbers.start][1] - encoder.offsets[numbers.start]
            later = encoded.numbers[:, numbers.start] > last + ROUNDING * abs(last)
            shares[name] = float(later.mean())
        elif codes.start < codes.stop:
            shares[name] = float((encoded.codes[:, codes.start] == UNSEEN).mean())
    if recipe.group_column in table.column_names and len(groups.hashes):
        shares[str(recipe.group_column)] = 1 - groups.share_among(_hashes(table.column(recipe.group_column)))
    return shares


def notable_shares(shares: Mapping[str, float], encoder: Encoder, recipe: Settings) -> dict[str, float]:
    """The shares of `shares_beyond` that are above NOTABLE_SHARE.

    Warns of later rows if training was not split in order of time; then its out-of-fold metrics are of no later rows.
    """
    notable = {name: share for name, share in shares.items() if share > NOTABLE_SHARE}
    for column in encoder.schema.used:
        name = column.name
        if name in notable and _is_time(column, recipe) and not recipe.time_column:
            warn(
                f"{percent(notable[name])} of these rows are later in {name!r} than all rows of training. Its "
                f"out-of-fold metrics are of no later rows; train with time_column={name!r} for such."
            )
    return {name: round(share, 4) for name, share in notable.items()}


def _is_time(column: Column, recipe: Settings) -> bool:
    return column.storage == "timestamp" or column.name == recipe.time_column


def _hashes(column: pa.ChunkedArray) -> NDArray[np.uint64]:
    """A hash of each row's value as text."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    texts = pc.cast(encoded.dictionary, pa.string()).to_pylist()
    digests = (hashlib.blake2b(repr(text).encode(), digest_size=8).digest() for text in texts)
    hashes = np.array([int.from_bytes(digest, "little") for digest in digests], np.uint64)
    of_rows: NDArray[np.uint64] = hashes[encoded.indices.to_numpy()]
    return of_rows

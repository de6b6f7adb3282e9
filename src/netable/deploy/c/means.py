"""Places of means of the target by levels and pairs of levels, as `netable.nn.target_encoding` looks them up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from netable.deploy.c.source import Source
from netable.nn.target_encoding import TargetEncoding


def place_lines(source: Source, encoding: TargetEncoding, d_cat: int, name: str) -> Iterator[str]:
    """Lines that fill the array `places`: the place of each mean of the row among all means.

    Parameters
    ----------
    d_cat : int
        Codes of a row, before the numbers as levels.
    name : str
        The beginning of the names of all tables.
    """
    groups, numbers = encoding.groups, encoding.numbers
    count, most = len(groups.columns), numbers.cuts.shape[-1]
    d_numbers = len(numbers.columns)
    columns = source.table(f"{name}_groups", groups.columns.int())
    firsts, factors = (
        source.table(f"{name}_{part}", getattr(groups, part)) for part in ("firsts", "factors")
    )
    keys = source.table(f"{name}_keys", encoding.keys)
    yield f"int levels[{max(1, d_cat + d_numbers)}];"
    yield "int i;"
    yield ""
    if d_cat:
        yield f"memcpy(levels, row->codes, sizeof(int) * {d_cat});"
    if d_numbers:
        chosen = source.table(f"{name}_levelled", numbers.columns.int())
        cuts = source.table(f"{name}_cuts", numbers.cuts)
        yield f"for (i = 0; i < {d_numbers}; i++)"
        yield f"    levels[{d_cat} + i] = code_of_level(row, {chosen}[i], {cuts} + i * {most}, {most});"
    yield f"for (i = 0; i < {count}; i++) {{"
    yield f"    int first = {columns}[2 * i], second = {columns}[2 * i + 1];"
    yield f"    int64_t key = {firsts}[i] + levels[first] * {factors}[i] + levels[second];"
    yield ""
    yield f"    places[i] = 1 + place_of_whole(key, {keys}, {len(encoding.keys)});"
    yield "}"


def has_places(encoding: TargetEncoding | None) -> bool:
    """True if there is a mean to look up."""
    return encoding is not None and bool(np.prod(encoding.groups.columns.shape))

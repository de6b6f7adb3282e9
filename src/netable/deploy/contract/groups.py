"""Rows that try the means of levels: at the edges of a number's levels, and in groups that have a mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.model.model import Model
from netable.nn.codes import FIRST_LEVEL, MISSING
from netable.nn.groups import NumberLevels
from netable.nn.target_encoding import TargetEncoding
from netable.table.encode import Encoder

# Edges of each column, and groups of each stack, that are tried.
_MOST = 256


def group_cells(model: Model) -> list[dict[str, Any]]:
    """Cells by the names of their columns, a dictionary for each row; the number of days for dates, texts for levels.

    Numbers stand on every limit between two levels and just above it, several columns in a row.
    """
    net, _ = model.net.counting()
    rng = np.random.default_rng(0)
    cells: list[dict[str, Any]] = []
    for encoding in (stack.encoding for stack in net.stacks if stack.encoding):
        cells += _edges(model.encoder, encoding.numbers, rng)
        cells += _known_groups(model.encoder, encoding, rng)
    return cells


def _edges(encoder: Encoder, levels: NumberLevels, rng: np.random.Generator) -> list[dict[str, Any]]:
    columns, by_column = _names(encoder), {}
    for i, cuts in zip(levels.columns.tolist(), levels.cuts.cpu().numpy(), strict=True):
        if i in columns:
            above = np.nextafter(cuts, np.inf, dtype=cuts.dtype)
            edges = np.unique(np.concatenate([cuts, above])).astype(np.float64) + encoder.offsets[i]
            by_column[columns[i]] = rng.permutation(edges)[:_MOST].tolist()
    count = max(map(len, by_column.values()), default=0)
    return [{name: edges[row % len(edges)] for name, edges in by_column.items()} for row in range(count)]


def _known_groups(
    encoder: Encoder, encoding: TargetEncoding, rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """The cells of groups that have a mean, of those that can be made."""
    keys = encoding.keys.cpu().numpy()
    groups = encoding.groups
    firsts, factors, columns = (
        part.cpu().numpy() for part in (groups.firsts, groups.factors, groups.columns)
    )
    for key in rng.permutation(keys)[:_MOST]:
        pair = int(np.searchsorted(firsts, key, side="right")) - 1
        codes = divmod(int(key - firsts[pair]), int(factors[pair]))
        made = [_cell(encoder, encoding, *each) for each in zip(columns[pair].tolist(), codes, strict=True)]
        yield {name: cell for name, cell in made if name}


def _cell(encoder: Encoder, encoding: TargetEncoding, column: int, code: int) -> tuple[str, Any]:
    """The name of a column and the cell that has a code; no name if there is none."""
    if column < encoder.d_cat:
        name = next(name for name, (_, span) in encoder.spans.items() if span.start <= column < span.stop)
        return (name, encoder.levels[name][code - FIRST_LEVEL]) if code >= FIRST_LEVEL else (name, None)
    place = column - encoder.d_cat
    number, cuts = int(encoding.numbers.columns[place]), encoding.numbers.cuts[place].cpu().numpy()
    name = _names(encoder).get(number, "")
    if code == MISSING:
        return name, None
    return name, _of_level(cuts, code - FIRST_LEVEL) + encoder.offsets[number]


def _of_level(cuts: NDArray[Any], level: int) -> float:
    """The greatest number of a level, or one a little above the last cut."""
    if level < len(cuts):
        return float(cuts[level])
    return float(np.nextafter(cuts[-1], np.inf, dtype=cuts.dtype))


def _names(encoder: Encoder) -> dict[int, str]:
    """The columns of which an encoded number is the value itself, or the days of a date, by the number's place."""
    continuous = {column.name for column in encoder.schema.used if column.is_continuous}
    return {numbers.start: name for name, (numbers, _) in encoder.spans.items() if name in continuous}

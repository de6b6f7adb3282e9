"""Each column of new rows beside training."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netable.drift.distances import Distance, gap_chance, level_distance, scale_distances
from netable.model.guard.reference import Reference
from netable.model.model import Model
from netable.nn.codes import MISSING, UNSEEN
from netable.system.wording import number, percent, shortened
from netable.table.encode import Encoded
from netable.table.kinds.column import Column

Floats = NDArray[np.floating]
_QUARTERS = (0.25, 0.5, 0.75)
# Quantiles that are compared to tell whether a distribution has the same shape on another scale.
_SHAPE = np.arange(1, 10) / 10
_SAME_SHAPE = 0.99
# Factors of the spread from which a column may have another unit.
_FACTOR = 1.8
_LEVELS_SHOWN = 3


class Measured(NamedTuple):
    """A column in both tables.

    Attributes
    ----------
    gaps : float
        The chance of as many missing cells.
    never_seen : float
        The share of rows with a level that training did not have.
    factor : float or None
        The spread now in that of training, if only the spread has changed and not the shape.
    before, now : str
        The values in words.
    """

    column: Column
    distance: Distance
    gaps: float
    missing: float
    missing_before: float
    never_seen: float
    factor: float | None
    before: str
    now: str


def measure_columns(model: Model, reference: Reference, encoded: Encoded) -> list[Measured]:
    """The columns in the order of the reference: those on a scale, then categories."""
    columns = {column.name: column for column in model.schema.used}
    layout = reference.layout
    numbers, codes = layout.of_scales(encoded), layout.of_categories(encoded)
    found = []
    distances = scale_distances(reference.scales, reference.sampled, numbers)
    for place, name in enumerate(layout.scales):
        offset = model.encoder.offsets[layout.numbers[place]]
        before = reference.scales.values[place].astype(np.float64) + offset
        now = numbers[:, place].astype(np.float64) + offset
        now = now[~np.isnan(now)]
        up_to = reference.scales.up_to[place]
        words = _scale_words(columns[name], before, up_to, now)
        gaps = _gaps(reference, place, len(numbers) - len(now), len(numbers))
        found.append(
            Measured(columns[name], distances[place], *gaps, 0.0, _factor(before, up_to, now), *words)
        )
    for place, name in enumerate(layout.categories):
        shares = reference.levels[layout.starts[place] : layout.starts[place + 1]].astype(np.float64)
        before = np.rint(shares * reference.rows)
        now = np.bincount(codes[:, place], minlength=len(shares)).astype(np.float64)
        gaps = _gaps(reference, len(layout.scales) + place, int(now[MISSING]), len(codes))
        before[MISSING] = now[MISSING] = 0  # judged by themselves
        levels = model.encoder.levels[name]
        words = _level_words(before, levels), _level_words(now, levels)
        new = float(now[UNSEEN]) / len(codes)
        found.append(Measured(columns[name], level_distance(before, now), *gaps, new, None, *words))
    return found


def _gaps(reference: Reference, place: int, count: int, rows: int) -> tuple[float, float, float]:
    """The chance of so many missing cells, and the shares of them now and in training."""
    share = float(reference.missing[place])
    return gap_chance(round(share * reference.rows), reference.rows, count, rows), count / rows, share


def _factor(before: Floats, up_to: Floats, now: Floats) -> float | None:
    if not len(now):
        return None
    old, new = before[np.searchsorted(up_to, _SHAPE - 1e-6)], np.quantile(now, _SHAPE)
    if min(np.ptp(old), np.ptp(new)) <= 0 or np.corrcoef(old, new)[0, 1] < _SAME_SHAPE:
        return None
    factor = float(np.ptp(new) / np.ptp(old))
    return factor if max(factor, 1 / factor) >= _FACTOR else None


def _scale_words(column: Column, before: Floats, up_to: Floats, now: Floats) -> tuple[str, str]:
    """The values of a column on a scale in training and in new rows."""
    if not len(now):
        return _quarters(column, before[np.searchsorted(up_to, np.array(_QUARTERS) - 1e-6)]), "none"
    if not column.is_continuous and before[1] == before[-1]:  # a flag
        name = column.known_texts[-1] if column.known_texts else "yes"
        shares = 1 - float(up_to[0]), float((now == before[-1]).mean())
        return f"{name} {percent(shares[0])}", f"{name} {percent(shares[1])}"
    quarters = before[np.searchsorted(up_to, np.array(_QUARTERS) - 1e-6)]
    return _quarters(column, quarters), _quarters(column, np.quantile(now, _QUARTERS))


def _quarters(column: Column, quarters: Floats) -> str:
    values = (column.value_at(quarter) for quarter in quarters.tolist())
    low, middle, high = (value if isinstance(value, str) else number(float(value)) for value in values)
    return f"median {middle}, half from {low} to {high}"


def _level_words(counts: Floats, levels: tuple[str, ...]) -> str:
    total = counts.sum()
    names = ["missing", "never seen", *levels]
    order = np.argsort(-counts, kind="stable")[:_LEVELS_SHOWN]
    parts = [f"{shortened(names[i], 20)} {percent(float(counts[i] / total))}" for i in order if counts[i]]
    more = ", …" if int((counts > 0).sum()) > _LEVELS_SHOWN else ""
    return ", ".join(parts) + more if parts else "none"

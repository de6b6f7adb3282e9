"""Evidence on single columns: spans, explained targets, new levels, shifts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import kolmogorov

from netable.config.bodies import body_spec
from netable.doctor.columns import Column, Explained
from netable.fit.evidence.neighbours import Sample
from netable.fit.evidence.shift import category_shift, level_shift, number_shift
from netable.fit.preparation.prepare import Prepared
from netable.nn.codes import MISSING
from netable.nn.inputs import FARTHEST

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Whole numbers that never repeat, though chance would give this many pairs of equals, are row identifiers. (No pair at
# all has a probability of exp(-PAIRS).)
PAIRS = 12
FEWEST_TO_COUNT = 50
# Fewer rows may be spread evenly by chance.
FEWEST_TO_SPREAD = 200
# A column that explains this share of the target is no row identifier, though it may rise from row to row.
RELATED = 0.5


def column_facts(prepared: Prepared, sample: Sample) -> list[Column]:
    """Evidence on each used column; what it determines is measured on the sample."""
    robust = body_spec(prepared.recipe.model).is_robust
    facts: dict[str, Column] = {}
    for column in prepared.schema.used:
        name = column.name
        numbers, _ = prepared.encoder.spans[name]
        if numbers.start == numbers.stop:
            continue
        values = prepared.rows.encoded.numbers[:, numbers.start]  # of a date the days
        train_values = values[: prepared.n_rows].astype(np.float64)
        evidence = _number_facts(train_values, sample, is_raw=column.is_raw, robust=robust)
        if column.is_raw:
            exact = prepared.selected.column(name).to_numpy()
            evidence["merged"] = _merged(train_values, exact)
            explained = evidence.get("explained", Explained())
            evidence["counts"] = _counts(exact, explained.share)
        facts[name] = Column(name, column.kind, **evidence, shift=number_shift(values, prepared.n_rows))
    for column in prepared.schema.used:
        places = prepared.encoder.spans[column.name][1]
        if places.stop - places.start != 1:  # none, or a text
            continue
        codes = prepared.rows.encoded.codes[:, places.start]
        picked = codes[sample.rows]
        order = picked.argsort(kind="stable")
        facts[column.name] = Column(
            column.name,
            column.kind,
            present=int(np.count_nonzero(codes[: prepared.n_rows])),
            explained=sample.explained(order, np.diff(picked[order]) == 0),
            new=_new_levels(prepared, codes),
            shift=category_shift(codes, prepared.n_rows),
        )
    return [facts[column.name] for column in prepared.schema.used]


def target_shifts(prepared: Prepared) -> list[Column]:
    """The shift of each target from the training to the validation table."""
    y, n = prepared.rows.y, prepared.n_rows
    if prepared.target.task != "regression":
        return [Column(prepared.target.names[0], "target", n, shift=level_shift(y, n))]
    return [
        Column(name, "target", n, shift=number_shift(column, n))
        for name, column in zip(prepared.target.names, y.T, strict=True)
    ]


def _number_facts(train_values: Floats, sample: Sample, *, is_raw: bool, robust: bool) -> dict[str, Any]:
    present = np.sort(train_values[~np.isnan(train_values)])
    evidence: dict[str, Any] = {"present": len(present)}
    if not len(present):
        return evidence
    if is_raw:
        evidence |= _span(present, robust=robust)
    picked = train_values[sample.rows]
    order = picked.argsort(kind="stable")
    missing = np.isnan(picked[order])
    return evidence | {"explained": sample.explained(order, missing[1:] == missing[:-1])}


def _span(present: Floats, *, robust: bool) -> dict[str, Any]:
    """Outliers and the spread of the other values, in the units of the first layer."""
    # In units of a power of two, which no ratio shows, spans and squares do not overflow.
    present = np.ldexp(present, -int(np.frexp(np.abs(present).max())[1]) - 1)
    distinct = present[np.concatenate([[True], np.diff(present) > 0])]
    first, median, third = _quantiles(present)
    scale = third - first if third > first else (present[-1] - present[0]) / 2
    center = median
    if not robust:
        center, scale = float(present.mean()), float(present.std())
    if not scale:
        return {}
    low, _, high = _quantiles(distinct)
    return {
        "cut": int(np.count_nonzero(np.abs(present - center) > FARTHEST * scale)),
        "middle": (high - low) / scale if high > low else 1.0,
    }


def _quantiles(rising: Floats) -> tuple[float, float, float]:
    places = (np.array([0.25, 0.5, 0.75]) * (len(rising) - 1)).astype(np.int64)
    first, median, third = rising[places].tolist()
    return first, median, third


def _merged(train_values: Floats, exact: Floats) -> float:
    """The share of distinct values that equal another in 32 bits."""
    exact = np.sort(exact[~np.isnan(exact)])
    with np.errstate(over="ignore"):  # a jump that is too large for a float64 is not the least
        jumps = np.diff(exact)
    jumps = jumps[jumps > 0]
    # Every value has about the same number of bits: only where the span is wide beside the least jump can some be lost.
    if not len(jumps) or exact[-1] / 2**22 - exact[0] / 2**22 < jumps.min():
        return 0.0
    n_distinct = len(np.unique(train_values[~np.isnan(train_values)]))
    return 1 - n_distinct / (len(jumps) + 1)


def _counts(exact: Floats, share: float) -> str:
    """The reason why whole numbers look like row identifiers; empty if they do not."""
    n = len(exact)
    if n < FEWEST_TO_COUNT or np.isnan(exact).any() or not (np.floor(exact) == exact).all():
        return ""
    jumps = np.diff(exact)
    if share < RELATED and ((jumps > 0).all() or (jumps < 0).all()):
        return f"whole numbers that {'rise' if jumps[0] > 0 else 'fall'} from each row to the next"
    rising = np.sort(exact)
    if not (np.diff(rising) > 0).all():
        return ""
    counts, edges = np.histogram(rising, 32)
    by_chance = float((counts * (counts - 1.0)).sum() / (edges[1] - edges[0]) / 2)
    if by_chance > PAIRS:
        return (
            f"whole numbers that never repeat, where chance would have about {by_chance:.0f} pairs of equals"
        )
    evenly = (np.arange(n) + 0.5) / n
    off = np.abs((rising - rising[0]) / (rising[-1] - rising[0]) - evenly).max()
    if n >= FEWEST_TO_SPREAD and share < 3 / np.sqrt(n) and kolmogorov(off * np.sqrt(n)) > 0.05:
        return "whole numbers that never repeat, spread evenly, and unrelated to the target"
    return ""


def _new_levels(prepared: Prepared, codes: Ints) -> float:
    """The share of the judged rows whose level is in no row that their member has learned from."""
    new = present = 0
    for held in prepared.plan.held_out:
        known = np.zeros(int(codes.max()) + 1, dtype=bool)
        known[codes[prepared.plan.train_rows[held.member]]] = True
        judged = codes[held.rows]
        judged = judged[judged != MISSING]
        new += int(np.count_nonzero(~known[judged]))
        present += len(judged)
    return new / present if present else 0.0

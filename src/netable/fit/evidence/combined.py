"""Evidence on columns that determine the target only together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netable.doctor.columns import Explained
from netable.doctor.combined import EXACT_NUMBERS, Combination
from netable.fit.evidence.formulas import find_formula
from netable.fit.evidence.neighbours import Sample
from netable.fit.evidence.pairs import Pair, order_pairs, table_pairs
from netable.fit.preparation.prepare import Prepared
from netable.nn.codes import MISSING

Floats = NDArray[np.float64]
# Targets of a regression that are looked at.
TARGETS = 8


def find_combinations(prepared: Prepared, sample: Sample) -> list[Combination]:
    """The columns that seem to determine a target together: formulas of numbers, tables and orders of pairs."""
    if len(prepared.schema.used) < 2 or len(sample.rows) < 2:
        return []
    names, x = _numbers(prepared, sample)
    coded_names, coded = _codes(prepared, sample)
    all_names, values = [*coded_names, *names], np.concatenate([coded, x], axis=1)
    found = []
    for target, part, y in _targets(prepared, sample):
        formula = None if y is None else find_formula(x, y, EXACT_NUMBERS)
        if formula:
            explained = Explained(formula.share, formula.share, formula.rows)
            used = [names[column] for column in formula.columns]
            found.append(Combination(target, used, "formula", formula.written(names), explained))
            continue
        found += [_of_pair(target, pair, all_names) for pair in table_pairs(values, part)]
        found += [_of_pair(target, pair, names) for pair in order_pairs(x, part)]
    return found


def _targets(prepared: Prepared, sample: Sample) -> list[tuple[str, Sample, Floats | None]]:
    """The name of each target, the sample of it alone, and its numbers if it has any."""
    names = prepared.target.names
    if prepared.target.task != "regression":
        return [(names[0], sample, None)]
    y = prepared.rows.y[sample.rows].astype(np.float64)
    return [
        (name, Sample(sample.rows, sample.targets[:, [place]]), y[:, place])
        for place, name in enumerate(names[:TARGETS])
    ]


def _numbers(prepared: Prepared, sample: Sample) -> tuple[list[str], Floats]:
    """The names and the exact values of numbers, flags and dates."""
    used = [column for column in prepared.schema.used if not column.has_code]
    rows = [column.numbers(prepared.selected.column(column.name).take(sample.rows))[0] for column in used]
    return [column.name for column in used], np.array(rows, dtype=np.float64).reshape(
        len(used), len(sample.rows)
    ).T


def _codes(prepared: Prepared, sample: Sample) -> tuple[list[str], Floats]:
    spans = {name: codes for name, (_, codes) in prepared.encoder.spans.items()}
    names = [name for name, codes in spans.items() if codes.stop - codes.start == 1]  # a text has several
    codes = prepared.rows.encoded.codes[sample.rows][:, [spans[name].start for name in names]]
    return names, np.where(codes == MISSING, np.nan, codes)


def _of_pair(target: str, pair: Pair, names: Sequence[str]) -> Combination:
    one, other = (names[column] for column in pair.columns)
    if not pair.sign:
        return Combination(target, (one, other), "table", "", pair.explained)
    return Combination(target, (one, other), "order", f"{one!r} {pair.sign} {other!r}", pair.explained)

"""Evidence for the verdicts before training, from encoded rows."""

from __future__ import annotations

import numpy as np

from netable.doctor.columns import Column
from netable.doctor.first_look import Contradictions, FirstLook
from netable.fit.evidence.shift import category_shift, level_shift, number_shift
from netable.fit.preparation.prepare import Prepared
from netable.model.row_sketch import hash_rows
from netable.table.labels import spelled_alike
from netable.table.spread import evenly

# Rows, at even steps through the table, by which its halves are compared.
ROWS_OF_HALVES = 20_000
# Fewer rows of a half differ by chance.
FEWEST_OF_HALVES = 50


def gather_first_look(prepared: Prepared) -> FirstLook:
    """The evidence in the order of the rows and in their labels."""
    return FirstLook(
        halves=_halves(prepared),
        contradictions=_contradictions(prepared) if prepared.target.labels else None,
        spelled_alike=spelled_alike(prepared.target.labels),
    )


def _halves(prepared: Prepared) -> list[Column]:
    """Each column and target, with its shift from the first to the second half of the rows."""
    rows = prepared.train_rows.take(evenly(prepared.n_rows, ROWS_OF_HALVES))
    half = len(rows) // 2
    if half < FEWEST_OF_HALVES or prepared.in_order:
        return []
    halves = []
    for column in prepared.schema.used:
        numbers, codes = prepared.encoder.spans[column.name]
        if codes.stop - codes.start == 1:
            shift = category_shift(rows.encoded.codes[:, codes.start], half)
        elif numbers.stop > numbers.start:  # of a date the days, of a text the characters
            shift = number_shift(rows.encoded.numbers[:, numbers.start], half)
        else:
            continue
        halves.append(Column(column.name, column.kind, len(rows), shift=shift))
    if prepared.target.labels:
        return [
            *halves,
            Column(prepared.target.names[0], "target", len(rows), shift=level_shift(rows.y, half)),
        ]
    targets = zip(prepared.target.names, rows.y.T, strict=True)
    return [*halves, *(Column(name, "target", len(rows), shift=number_shift(y, half)) for name, y in targets)]


def _contradictions(prepared: Prepared) -> Contradictions:
    rows, n_classes = prepared.train_rows, len(prepared.target.labels)
    _, equals, sizes = np.unique(hash_rows(rows.encoded), return_inverse=True, return_counts=True)
    repeated = np.flatnonzero(sizes[equals] > 1)
    if not len(repeated):
        return Contradictions(prepared.target.names[0], [], 0, len(rows))
    _, group = np.unique(equals[repeated], return_inverse=True)
    pairs, counts = np.unique(group * n_classes + rows.y[repeated], return_counts=True)
    most = np.zeros(group.max() + 1, dtype=np.int64)
    np.maximum.at(most, pairs // n_classes, counts)
    of_group = np.bincount(group)
    mixed = repeated[(most < of_group)[group]]
    return Contradictions(prepared.target.names[0], mixed.tolist(), int((of_group - most).sum()), len(rows))

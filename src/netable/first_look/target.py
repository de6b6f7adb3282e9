"""The target of a table, or the columns that could be one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.errors import UserError, silence
from netable.first_look.result import CandidateLook, ColumnLook, TargetLook
from netable.fit.preparation.prepare import Prepared
from netable.system.wording import number, of_class, percent
from netable.table.spread import evenly
from netable.table.target import Target

# Kinds of columns that are no target.
_NEVER = ("constant", "identifier", "date", "text")
# Rows by which a column is judged as a target.
CANDIDATE_ROWS = 20_000


def look_at_target(prepared: Prepared) -> TargetLook:
    """The target of a training that is prepared."""
    target, y = prepared.target, prepared.train_rows.y
    transform = "auto" if prepared.tries_log else prepared.recipe.target_transform
    if target.task == "regression":
        return TargetLook(target.names, target.task, target.note, transform, (), _mean(target, y))
    counts = np.bincount(y, minlength=len(target.labels))
    order = np.argsort(-counts, kind="stable")
    classes = tuple((target.labels[i], int(counts[i])) for i in order)
    label, rows = classes[0]
    constant = (
        f"Always {of_class(target.names[0], label)!r} is right in {percent(rows / len(y))} of the rows."
    )
    return TargetLook(target.names, target.task, target.note, transform, classes, constant)


def _mean(target: Target, y: np.ndarray) -> str:
    parts = (
        f"{number(float(mean))}{f' for {name!r}' if len(target.names) > 1 else ''} is off by {number(float(off))}"
        for name, mean, off in zip(target.names, y.mean(0), y.std(0), strict=True)
    )
    return f"Always predicting the mean {'; '.join(parts)} (root mean square)."


def candidates(table: pa.Table, columns: Sequence[ColumnLook]) -> tuple[CandidateLook, ...]:
    """The columns that could be predicted from the others, as `Target` judges their first values."""
    return tuple(_candidates(table, columns))


def _candidates(table: pa.Table, columns: Sequence[ColumnLook]) -> Iterator[CandidateLook]:
    if len(columns) < 2:
        return
    for column in columns:
        if column.role != "input" or column.kind.partition(":")[0] in _NEVER:
            continue
        few = table.select([column.name]).take(evenly(table.num_rows, CANDIDATE_ROWS))
        few = few.filter(pc.is_valid(few.column(0)))
        try:
            with silence():
                target = Target.infer(few, column.name)
        except UserError:
            continue
        task = f"{len(target.labels)} classes" if target.labels else target.task
        yield CandidateLook(column.name, task, column.values, column.spread.missing)

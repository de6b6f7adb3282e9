"""netable's own protocol: rows as objects, and everything that a model tells of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from netable.deploy.server.checks import checked_rows, flag_of, list_of, mapping_of, number_of
from netable.deploy.server.questions import Answer, Dialect, Floats, Question, Served
from netable.errors import DataError

KEYS = ("rows", "interval", "threshold", "contributions")


def _ask(value: Any, served: Served) -> Question:
    body = mapping_of(value, KEYS, "The body")
    if "rows" not in body:
        raise DataError('The body has no rows; send {"rows": [{"column": value, …}]}.')
    return Question(
        checked_rows(list_of(body["rows"], "rows"), served.model),
        number_of(body.get("interval"), "interval"),
        number_of(body.get("threshold"), "threshold"),
        flag_of(body.get("contributions", False), "contributions"),
    )


def _tell(answer: Answer) -> dict[str, Any]:
    model, outcome = answer.model, answer.outcome
    told: dict[str, Any] = {"model": answer.served.name, "predictions": answer.predictions()}
    if model.task != "regression":
        told["probabilities"] = _named(model.outputs, outcome)
    if answer.interval is not None:
        ends = np.stack(answer.interval, -1)  # (rows, d_out, 2)
        told["intervals"] = [_interval(row) for row in ends]
    if answer.contributions is not None:
        told["contributions"] = _contributions(answer)
    if answer.guard is not None:
        told["unusual"] = answer.guard.reasons
    return told


def _named(names: tuple[str, ...], values: Floats) -> list[dict[str, float]]:
    return [dict(zip(names, row, strict=True)) for row in values.tolist()]


def _interval(ends: Floats) -> Any:
    """Lower and upper end, for several targets a pair of each: (d_out, 2) → (2,) or (d_out, 2)."""
    pairs = ends.tolist()
    return pairs[0] if len(pairs) == 1 else pairs


def _contributions(answer: Answer) -> list[dict[str, Any]]:
    """For each row the base and the part of each column, for each target or class."""
    found = answer.contributions
    assert found is not None
    base = dict(zip(found.outputs, found.base.tolist(), strict=True))
    return [
        {"base": base, "columns": dict(zip(found.columns, _named(found.outputs, row), strict=True))}
        for row in found.values
    ]


PLAIN = Dialect(_ask, _tell)

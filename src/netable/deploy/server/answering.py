"""Answers to many requests at once: read and encoded together, predicted one by one.

Reading a row costs several times as much as predicting it, and hardly more for twenty rows. A network's prediction
differs in its last bits with the rows beside it, so each request is predicted alone: an answer is to the bit that of
`Model.predict` for the rows of its request, whoever else asks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from netable.deploy.server.limits import Limits
from netable.deploy.server.questions import Answer, Dialect, Question, Row, Served, check_question
from netable.errors import DataError, silence
from netable.model.table_model import EncodedRows, TableModel
from netable.system.json import strict_json
from netable.table.canonical.forms import split

# Integers up to here are the same whether Arrow makes them integers or floats.
_EXACT = 1 << 53
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?")


class Request(NamedTuple):
    """A body, and the protocol that it follows."""

    dialect: Dialect
    body: bytes


class Unexplained(NamedTuple):
    """An answer that still lacks the contributions of columns, and the protocol in which to tell it."""

    dialect: Dialect
    answer: Answer


def answer_requests(
    served: Served, limits: Limits, requests: Sequence[Request]
) -> list[bytes | Unexplained | Exception]:
    """The bodies of answers as JSON, or why there is none; contributions, which take long, are left to `explain`.

    An error that is no `UserError` is a mistake of ours; it, too, is of one request and fails no other.
    """
    with silence():
        questions = [_question(served, limits, request) for request in requests]
        answers = iter(_answers(served, [one for one in questions if isinstance(one, Question)]))
        told = (one if isinstance(one, Exception) else next(answers) for one in questions)
        return [_body(request.dialect, one) for request, one in zip(requests, told, strict=True)]


def explain(unexplained: Sequence[Unexplained]) -> list[bytes | Exception]:
    """The bodies of answers with the contributions of columns."""
    return [_explained(*one) for one in unexplained]


def _explained(dialect: Dialect, answer: Answer) -> bytes | Exception:
    assert answer.served.explain is not None
    try:
        with silence():
            found = answer.served.explain(answer.question.rows)
        return _json(dialect, replace(answer, contributions=found))
    except Exception as error:  # of this request alone
        return error


def _question(served: Served, limits: Limits, request: Request) -> Question | Exception:
    try:
        value = strict_json(request.body, deepest=limits.nesting)
    except (ValueError, RecursionError) as error:
        return DataError(f"The body is no JSON that can be used: {error}.")
    try:
        question = request.dialect.ask(value, served)
        check_question(question, served, limits.rows, limits.explained_rows)
    except Exception as error:  # of this request alone
        return error
    return question


def _body(dialect: Dialect, answer: Answer | Exception) -> bytes | Unexplained | Exception:
    if isinstance(answer, Exception):
        return answer
    try:
        return Unexplained(dialect, answer) if answer.question.contributions else _json(dialect, answer)
    except Exception as error:  # of this request alone
        return error


def _json(dialect: Dialect, answer: Answer) -> bytes:
    return json.dumps(dialect.tell(answer), ensure_ascii=False, allow_nan=False).encode()


def _answers(served: Served, questions: Sequence[Question]) -> list[Answer | Exception]:
    encoded: dict[int, EncodedRows | Exception] = {}
    together: dict[Any, list[int]] = {}
    for place, question in enumerate(questions):
        together.setdefault(_alike(served.model, question.rows) or place, []).append(place)
    for places in together.values():
        parts = _encoded(served.model, [questions[place].rows for place in places])
        encoded |= dict(zip(places, parts, strict=True))
    return [_answer(served, question, encoded[place]) for place, question in enumerate(questions)]


def _encoded(model: TableModel, tables: Sequence[Sequence[Row]]) -> Iterable[EncodedRows | Exception]:
    """The rows of each table, encoded, or the error about them."""
    try:
        whole = model.encode([row for rows in tables for row in rows], warns=False)
    except Exception as error:
        if len(tables) == 1:
            return [error]
        # An error of one is none of the others, and names the rows of its own table.
        return [part for rows in tables for part in _encoded(model, [rows])]
    ends = np.cumsum([0, *map(len, tables)]).tolist()
    return [whole.take(slice(start, stop)) for start, stop in pairwise(ends)]


def _answer(served: Served, question: Question, encoded: EncodedRows | Exception) -> Answer | Exception:
    if isinstance(encoded, Exception):
        return encoded
    model = served.model
    try:
        outcome = model.outcome_of(encoded)
        interval = None
        if question.coverage is not None:
            interval = model.intervals.around(outcome, question.coverage)
        return Answer(served, question, outcome, interval, guard=model.guard_of(encoded))
    except Exception as error:  # of this request alone
        return error


def _alike(model: TableModel, rows: Sequence[Row]) -> Any:
    """A key of tables that can be read as one without changing a value; None if this one must be read alone.

    Values of a column are read by their common type: 1 beside "a" is a text, and a date beside others may show the
    order of day and month. So each column must have one type, and texts must be read each by itself.
    """
    kinds = []
    for name, wanted in model.schema.storage.items():
        storage, form = split(wanted)
        is_plain = storage in ("text", "category")
        is_fixed = is_plain or (bool(form) and model.recipe.decimal is None)
        of_cells = {_kind(row[name], storage, is_fixed=is_fixed) for row in rows}
        if len(of_cells) > 1 or None in of_cells:
            return None
        kinds.append(of_cells.pop())
    return tuple(kinds)


def _kind(cell: Any, storage: str, *, is_fixed: bool) -> str | None:
    """What a cell has in common with others that it can be read with; `is_fixed` if training fixed how texts are."""
    if isinstance(cell, str):
        if is_fixed:
            return "text"
        is_date = storage == "timestamp" and _ISO_DATE.fullmatch(cell)
        return f"date of {len(cell)} letters" if is_date else None
    if type(cell) is int and abs(cell) > _EXACT:
        return None
    if storage == "timestamp" and cell is not None:
        return None
    return type(cell).__name__

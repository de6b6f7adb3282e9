from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netable.deploy.server import answering
from netable.deploy.server.answering import Request, answer_requests
from netable.deploy.server.limits import Limits
from netable.deploy.server.mlflow import MLFLOW
from netable.deploy.server.plain import PLAIN
from netable.deploy.server.v2 import V2
from netable.errors import UserError
from serving import predicted, row_of, served

NAME = "multiclass"
# Cells that are read by what stands beside them in their column, and others.
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["", "a", "NA", "none", "-", "1", "1.5", "1,5", "1,234", "007", "True", "yes", "No", "$3", "부산"]
    ),
    st.sampled_from(
        ["2020-01-02", "2020-01-02 03:04", "2020-01-02T03:04:05", "01/02/2020", "31/12/2020", "20200102"]
    ),
    st.sampled_from(["2020-01-02T03:04:05+01:00", "9007199254740993", "1e400", "inf", "nan"]),
    st.text(max_size=4).filter(lambda text: text.isprintable()),
)
ROWS = st.fixed_dictionaries({name: st.one_of(st.just(cell), CELLS) for name, cell in row_of(NAME).items()})
# Mostly good rows, so that most requests have an answer.
CHANGES = st.dictionaries(st.sampled_from(sorted(row_of(NAME))), CELLS, max_size=2)
TABLES = st.lists(CHANGES.map(lambda cells: row_of(NAME) | cells), min_size=1, max_size=4)


def body(rows: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps({"rows": list(rows)}).encode()


def answers(bodies: Sequence[bytes]) -> list[str]:
    """The answers as texts, those of errors too."""
    requests = [Request(PLAIN, body) for body in bodies]
    return [
        answer.decode() if isinstance(answer, bytes) else f"{type(answer).__name__}: {answer}"
        for answer in answer_requests(served(NAME), Limits(), requests)
    ]


@settings(max_examples=30, deadline=None)
@given(st.lists(TABLES, min_size=2, max_size=6))
def test_answers__requests_together__are_to_the_bit_those_alone(tables: list[list[dict[str, Any]]]) -> None:
    bodies = [body(rows) for rows in tables]

    assert answers(bodies) == [answers([one])[0] for one in bodies]


@settings(max_examples=30, deadline=None)
@given(TABLES)
def test_answers__rows__are_to_the_bit_those_of_the_model(rows: list[dict[str, Any]]) -> None:
    (answer,) = answers([body(rows)])

    if answer.startswith("{"):
        assert json.loads(answer)["predictions"] == predicted(NAME, rows)


def test_answers__good_requests__are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    reads, encoded = [], answering._encoded

    def counted(model: Any, tables: Any) -> Any:
        reads.append(len(tables))
        return encoded(model, tables)

    monkeypatch.setattr(answering, "_encoded", counted)
    answers([body([row_of(NAME, size=float(i))]) for i in range(20)])

    assert reads == [20]


def test_answers__bad_request_among_good_ones__is_refused_alone() -> None:
    good, bad = [row_of(NAME)], [row_of(NAME), row_of(NAME, sold="2020-13-45")]
    told = answers([body(good), body(bad), body(good), b"{"])

    assert told[0] == told[2]
    assert "row 2, column 'sold': expected a date" in told[1]
    assert told[3].startswith("DataError: The body is no JSON that can be used: ")


KEYS = [
    *("rows", "interval", "threshold", "contributions"),
    *("inputs", "outputs", "parameters", "id", "name", "shape", "datatype", "data"),
    *("params", "dataframe_split", "dataframe_records", "columns", "index"),
]


def test_answers__mistake_of_ours__fails_no_other_request() -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    dialects = [PLAIN, PLAIN._replace(ask=broken), PLAIN._replace(tell=broken), PLAIN]
    requests = [Request(dialect, body([row_of(NAME)])) for dialect in dialects]
    told = answer_requests(served(NAME), Limits(), requests)

    assert [type(one) for one in told] == [bytes, ZeroDivisionError, ZeroDivisionError, bytes]


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
        st.sampled_from([*row_of(NAME)]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        ),
        st.dictionaries(st.sampled_from([*row_of(NAME), "other"]), inner, max_size=8),
    ),
    max_leaves=20,
)
TENSORS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from([*row_of(NAME)]),
            "shape": st.just([2]),
            "datatype": st.sampled_from(["FP64", "BYTES", "BOOL", "INT64"]),
            "data": st.lists(CELLS, min_size=2, max_size=2),
        }
    ),
    max_size=9,
)
BODIES = st.one_of(
    st.binary(max_size=40),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.lists(ROWS, max_size=3).map(body),
    st.lists(ROWS, max_size=3).map(lambda rows: json.dumps({"inputs": rows}).encode()),
    TENSORS.map(lambda tensors: json.dumps({"inputs": tensors}).encode()),
)


@settings(max_examples=100, deadline=None)
@given(BODIES, st.sampled_from([PLAIN, MLFLOW, V2]))
def test_answers__any_body__gives_an_answer_or_one_line(content: bytes, dialect: Any) -> None:
    (answer,) = answer_requests(served(NAME), Limits(), [Request(dialect, content)])

    if isinstance(answer, Exception):
        assert isinstance(answer, UserError)
        assert "\n" not in str(answer)
        assert len(str(answer)) < 1200
    else:
        json.loads(answer)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[" * 100_000, "it is nested 100000 deep; 8 are allowed"),
        (b'{"a":' * 100_000, "it is nested"),
        (b'{"rows": [{"size": NaN}]}', "NaN is no JSON"),
        (b'{"rows": [{"size": Infinity}]}', "Infinity is no JSON"),
        (b'{"rows": [{"size": 1e999}]}', "Out of range float values are not JSON compliant"),
        (b'{"rows": 1, "rows": 2}', "the key 'rows' is there twice"),
        (b'{"rows": "\\ud800"}', "surrogates not allowed"),
        (b"\xff", "invalid start byte"),
        (b"1" * 5000, "Exceeds the limit"),
        (b"", "Expecting value"),
    ],
)
def test_answers__json_that_is_none__is_refused_in_one_line(content: bytes, says: str) -> None:
    (answer,) = answer_requests(served(NAME), Limits(), [Request(PLAIN, content)])

    assert isinstance(answer, Exception)
    assert says in str(answer)
    assert "\n" not in str(answer)

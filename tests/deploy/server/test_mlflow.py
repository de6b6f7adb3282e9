from __future__ import annotations

from typing import Any

import pytest

from serving import client, golden, predicted, row_of

NAME = "multiclass"
ROWS = [row_of(NAME, size=size, garden=garden) for size, garden in ((-1, "yes"), (0.5, None), (2, "no"))]
COLUMNS = list(ROWS[0])
SPLIT = {"columns": COLUMNS, "data": [list(row.values()) for row in ROWS]}


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": SPLIT},
        {"dataframe_split": SPLIT | {"index": [7, 8, 9]}},
        {"dataframe_records": ROWS},
        {"inputs": ROWS},
        {"inputs": {name: [row[name] for row in ROWS] for name in COLUMNS}},
        {"inputs": ROWS, "params": {}},
    ],
)
def test_invocations__every_form_of_a_table__is_predicted(body: dict[str, Any]) -> None:
    with client(golden(NAME)) as http:
        told = http.post("/invocations", json=body)
        by_name = http.post(f"/models/{NAME}/invocations", json=body)

    assert told.json() == by_name.json() == {"predictions": predicted(NAME, ROWS)}


def test_invocations__threshold__is_a_parameter() -> None:
    row = row_of("binary")
    with client(golden("binary")) as http:
        told = http.post("/invocations", json={"inputs": [row], "params": {"threshold": 0.001}})

    assert told.json() == {"predictions": ["yes"]}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "The body must have one of dataframe_split, dataframe_records, inputs; got []."),
        ({"inputs": ROWS, "dataframe_records": ROWS}, "The body must have one of"),
        ({"instances": ROWS}, "The body has the key 'instances'."),
        ({"dataframe_split": {"columns": COLUMNS}}, "dataframe_split must have columns and data."),
        (
            {"dataframe_split": {"columns": COLUMNS, "data": [[1]]}},
            "dataframe_split, row 1: expected 8 cells, got 1.",
        ),
        (
            {"dataframe_split": {"columns": ["a", "a"], "data": []}},
            "must be different texts; got ['a', 'a'].",
        ),
        ({"dataframe_split": {"columns": [[]], "data": []}}, "must be different texts; got [[]]."),
        (
            {"dataframe_split": {"columns": ["a"], "data": [1]}},
            "dataframe_split, row 1, must be a list; got 1.",
        ),
        ({"dataframe_records": {}}, "dataframe_records must be a list; got {}."),
        ({"inputs": 3}, "inputs must be a list of rows, or an object of columns; got 3."),
        ({"inputs": {"a": [1], "b": []}}, "The columns of inputs must have equally many cells; got [0, 1]."),
        ({"inputs": {"a": 1}}, "inputs, column 'a', must be a list; got 1."),
        ({"inputs": {}}, "There are 0 rows; send one or more."),
        ({"inputs": ROWS, "params": {"top": 3}}, "params has the key 'top'."),
    ],
)
def test_invocations__unusable_body__is_refused_in_one_line(body: Any, says: str) -> None:
    with client(golden(NAME)) as http:
        told = http.post("/invocations", json=body)

    assert told.status_code == 400
    assert says in told.json()["error"]


def test_ping__always__is_ok() -> None:
    with client(golden(NAME)) as http:
        assert http.get("/ping").status_code == 200

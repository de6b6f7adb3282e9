from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netable.deploy.server.openapi import example_row
from netable.errors import silence
from netable.explanation import contributions
from netable.model.file import save
from netable.model.model import Model
from serving import NAMES, ROWS, client, golden, model_of, predicted, row_of


@pytest.mark.parametrize("name", NAMES)
def test_predict__one_row_of_every_model__is_what_the_model_predicts(name: str) -> None:
    row = row_of(name)
    with client(golden(name)) as http:
        told = http.post("/predict", json={"rows": [row]})

    assert told.status_code == 200
    assert told.json()["model"] == name
    assert told.json()["predictions"] == predicted(name, [row])


def test_predict__classes__have_probabilities_and_a_threshold() -> None:
    rows = [row_of("binary", size=size) for size in (-2, 0, 2.5, None)]
    with client(golden("binary")) as http:
        told = http.post("/predict", json={"rows": rows}).json()
        sure = http.post("/predict", json={"rows": rows, "threshold": 0.999}).json()

    shares = model_of("binary").predict_proba(rows)
    assert told["probabilities"] == [dict(zip(("no", "yes"), row, strict=True)) for row in shares.tolist()]
    assert sure["predictions"] == predicted("binary", rows, threshold=0.999)


@pytest.mark.parametrize("name", ["regression_blend", "regression_two_targets"])
def test_predict__interval__is_that_of_the_model(name: str) -> None:
    rows = [row_of(name, size=size) for size in (-1, 2)]
    with client(golden(name)) as http:
        told = http.post("/predict", json={"rows": rows, "interval": 0.8}).json()

    expected = np.stack(model_of(name).predict_interval(rows, 0.8), -1)
    assert told["intervals"] == expected.tolist()


def test_predict__contributions__lead_from_the_base_to_the_prediction() -> None:
    model, rows = model_of("regression_blend"), [row_of("regression_blend", size=2)]
    with client(golden("regression_blend"), background=ROWS) as http:
        told = http.post("/predict", json={"rows": rows, "contributions": True}).json()

    (parts,) = told["contributions"]
    total = parts["base"]["price"] + sum(part["price"] for part in parts["columns"].values())
    assert list(parts["columns"]) == [column.name for column in model.schema.used]
    assert total == pytest.approx(told["predictions"][0])
    with silence():
        expected = contributions(model, model.read(rows), model.read(ROWS))
    assert parts["columns"]["size"]["price"] == pytest.approx(expected.values[0, 0, 0])


def test_predict__texts_of_the_training_file__are_taken_with_its_target() -> None:
    with ROWS.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))[:20]
    known = {column.name for column in model_of("multiclass").schema.columns} | {"등급"}
    rows = [{name: cell for name, cell in line.items() if name in known} for line in lines]
    with client(golden("multiclass")) as http:
        told = http.post("/predict", json={"rows": rows})

    assert told.json()["predictions"] == predicted("multiclass", rows)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size": "abc"}, "row 2, column 'size': expected a number, got 'abc'"),
        ({"size": [1]}, "Row 2, column 'size': expected a number, true or false, a text or null; got [1]."),
        ({"도시": {"a": 1}}, "Row 2, column '도시': expected a number"),
        ({"sise": 1}, "Row 2 has the column 'sise', which the model does not know. Did you mean 'size'?"),
    ],
)
def test_predict__unusable_cell__is_named_with_its_row_and_column(change: dict[str, Any], says: str) -> None:
    row = row_of("regression_blend")
    with client(golden("regression_blend")) as http:
        told = http.post("/predict", json={"rows": [row, row | change]})

    assert told.status_code == 400
    assert says in told.json()["error"]
    assert "\n" not in told.json()["error"]


def test_predict__missing_column__is_named_with_its_row() -> None:
    row = row_of("regression_blend")
    short = {name: cell for name, cell in row.items() if name != "size"}
    with client(golden("regression_blend")) as http:
        told = http.post("/predict", json={"rows": [row, short]})

    assert told.status_code == 400
    assert told.json()["error"] == "Row 2 lacks the column 'size'; write null if it is missing."


@pytest.mark.bad_input(105)
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "The body must be an object; got []."),
        ({}, 'The body has no rows; send {"rows": [{"column": value, …}]}.'),
        ({"rows": {}}, "rows must be a list; got {}."),
        ({"rows": []}, "There are 0 rows; send one or more."),
        ({"rows": [3]}, "Row 1 must be an object with a value for each column; got 3."),
        ({"row": []}, "The body has the key 'row'. Did you mean 'rows'?"),
        ({"rows": [1], "interval": "x"}, "Row 1 must be an object"),
        ({"rows": "ROW", "interval": "x"}, "interval must be a number; got 'x'."),
        ({"rows": "ROW", "interval": True}, "interval must be a number; got True."),
        ({"rows": "ROW", "interval": 10**400}, "interval is too large a number."),
        ({"rows": "ROW", "interval": 2}, "must be between 0.5 and 0.99; got 2.0"),
        ({"rows": "ROW", "threshold": 0.5}, "A threshold is for two classes; this model is a regression."),
        ({"rows": "ROW", "contributions": 1}, "contributions must be true or false; got 1."),
        ({"rows": "ROW", "contributions": True}, "start it with a background."),
        ({"rows": "MANY"}, "There are 1,001 rows; send at most 1,000 at once."),
        (
            {"rows": "SOME", "contributions": True},
            "There are 11 rows; send at most 10 at once with contributions.",
        ),
    ],
)
def test_predict__unusable_body__is_refused_in_one_line(body: Any, says: str) -> None:
    many = {"ROW": 1, "SOME": 11, "MANY": 1001}
    if isinstance(body, dict) and isinstance(body.get("rows"), str):
        body = body | {"rows": [row_of("regression_blend")] * many[body["rows"]]}
    with client(golden("regression_blend")) as http:
        told = http.post("/predict", json=body)

    assert told.status_code == 400
    assert says in told.json()["error"]
    assert "\n" not in told.json()["error"]


def test_predict__rows_unlike_those_of_training__are_answered_with_reasons(
    regression_model: Model, tmp_path: Path
) -> None:
    save(regression_model, tmp_path / "m.netable")
    usual = example_row(regression_model)
    with client(tmp_path / "m.netable") as http:
        told = http.post("/predict", json={"rows": [usual, usual | {"도시": "Atlantis"}]}).json()

    assert told["unusual"] == [None, "'도시' was never seen"]


def test_predict__model_without_a_reference__tells_of_no_row() -> None:
    with client(golden("regression_blend")) as http:
        assert "unusual" not in http.post("/predict", json={"rows": [row_of("regression_blend")]}).json()

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netable.deploy.server.openapi import example_row
from netable.model.file import save
from netable.model.model import Model
from serving import NAMES, client, golden, model_of, predicted, row_of

NAME = "regression_blend"


def tensors(http: Any, name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as the metadata of a model asks for them."""
    metadata = http.get(f"/v2/models/{name}").json()
    return [
        {
            "name": column["name"],
            "datatype": column["datatype"],
            "shape": [len(rows)],
            "data": [row[column["name"]] for row in rows],
        }
        for column in metadata["inputs"]
    ]


def by_name(told: dict[str, Any]) -> dict[str, Any]:
    return {output["name"]: output for output in told["outputs"]}


@pytest.mark.parametrize("name", NAMES)
def test_infer__rows_as_the_metadata_say__are_predicted(name: str) -> None:
    rows = [row_of(name, size=size) for size in (-1.5, 0.25, None)]
    with client(golden(name)) as http:
        metadata = http.get(f"/v2/models/{name}").json()
        told = http.post(
            f"/v2/models/{name}/infer", json={"inputs": tensors(http, name, rows), "id": "7"}
        ).json()

    expected = predicted(name, rows)
    flat = [cell for row in expected for cell in (row if isinstance(row, list) else [row])]
    outputs = by_name(told)
    assert (told["model_name"], told["model_version"], told["id"]) == (name, "1", "7")
    assert outputs["prediction"]["data"] == flat
    for promised in metadata["outputs"]:
        given = outputs[promised["name"]]
        assert given["datatype"] == promised["datatype"]
        assert given["shape"] == [3, *promised["shape"][1:]]


def test_infer__columns_of_one_cell_a_row__are_the_same() -> None:
    rows = [row_of(NAME), row_of(NAME, size=3)]
    with client(golden(NAME)) as http:
        inputs = tensors(http, NAME, rows)
        nested = [one | {"shape": [2, 1], "data": [[cell] for cell in one["data"]]} for one in inputs]
        told = [http.post(f"/v2/models/{NAME}/infer", json={"inputs": x}).json() for x in (inputs, nested)]

    assert told[0] == told[1]


def test_infer__outputs__are_those_asked_for() -> None:
    with client(golden(NAME)) as http:
        body = {"inputs": tensors(http, NAME, [row_of(NAME)]), "parameters": {"interval": 0.8}}
        all_of_them = http.post(f"/v2/models/{NAME}/infer", json=body).json()
        one = http.post(f"/v2/models/{NAME}/infer", json=body | {"outputs": [{"name": "lower"}]}).json()

    low, high = model_of(NAME).predict_interval([row_of(NAME)], 0.8)
    assert {name: output["data"] for name, output in by_name(all_of_them).items()} == {
        "prediction": predicted(NAME, [row_of(NAME)]),
        "lower": low.tolist(),
        "upper": high.tolist(),
    }
    assert [output["name"] for output in one["outputs"]] == ["lower"]


def test_infer__probabilities__are_rows_of_classes() -> None:
    rows = [row_of("multiclass"), row_of("multiclass", size=2)]
    with client(golden("multiclass")) as http:
        told = http.post(
            "/v2/models/multiclass/infer", json={"inputs": tensors(http, "multiclass", rows)}
        ).json()

    assert (
        by_name(told)["probabilities"]["data"] == model_of("multiclass").predict_proba(rows).ravel().tolist()
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"datatype": "FP65"}, "The input 'size' has the datatype 'FP65'; use one of BOOL, BYTES,"),
        ({"datatype": ["FP64"]}, "has the datatype ['FP64']"),
        ({"datatype": "INT8"}, "Row 1, column 'size': 0.5 is not of the datatype INT8."),
        ({"data": [True], "datatype": "FP64"}, "Row 1, column 'size': True is not of the datatype FP64."),
        ({"shape": [2]}, "The input 'size' has the shape [2] and 1 cells; send one tensor for each column"),
        ({"shape": [1, 1, 1]}, "has the shape [1, 1, 1]"),
        ({"data": {}}, "The data of 'size' must be a list; got {}."),
        ({"data": [[0.5, 1]]}, "Row 1, column 'size': [0.5, 1] is not of the datatype FP64."),
        ({"data": [1, 2], "shape": [2]}, "The inputs must have equally many rows; got [1, 2]."),
        ({"name": "comma"}, "The input 'comma' is there twice."),
        ({"name": 3}, "The name of an input must be a text; got 3."),
        (
            {"name": "sise"},
            "Row 1 has the column 'sise', which the model does not know. Did you mean 'size'?",
        ),
        ({"more": 3}, "An input has the key 'more'."),
    ],
)
def test_infer__unusable_tensor__is_refused_in_one_line(change: dict[str, Any], says: str) -> None:
    with client(golden(NAME)) as http:
        inputs = tensors(http, NAME, [row_of(NAME, size=0.5)])
        place = [one["name"] for one in inputs].index("size")
        inputs[place] |= change
        told = http.post(f"/v2/models/{NAME}/infer", json={"inputs": inputs})

    assert told.status_code == 400
    assert says in told.json()["error"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "inputs must be a list; got None."),
        ({"inputs": []}, "There are 0 rows; send one or more."),
        ({"inputs": [3]}, "An input must be an object; got 3."),
        (
            {"inputs": [], "outputs": [{"name": "lower"}]},
            "An output cannot be 'lower'. There are: 'prediction'.",
        ),
        ({"inputs": [], "outputs": [{}]}, "The name of an output must be a text; got None."),
        ({"inputs": [], "outputs": 3}, "outputs must be a list; got 3."),
        ({"inputs": [], "parameters": [1]}, "parameters must be an object; got [1]."),
        ({"inputs": [], "parameters": {"binary_data": 1}}, "parameters has the key 'binary_data'."),
    ],
)
def test_infer__unusable_body__is_refused_in_one_line(body: Any, says: str) -> None:
    with client(golden(NAME)) as http:
        told = http.post(f"/v2/models/{NAME}/infer", json=body)

    assert told.status_code == 400
    assert says in told.json()["error"]


def test_health__of_server_and_model__is_as_the_protocol_has_it() -> None:
    with client(golden(NAME)) as http:
        assert http.get("/v2").json()["name"] == "netable"
        assert http.get("/v2/health/live").json() == {"live": True}
        assert http.get("/v2/health/ready").json() == {"ready": True}
        assert http.get(f"/v2/models/{NAME}/ready").json() == {"name": NAME, "ready": True}
        assert http.get("/v2/models/other/ready").status_code == 404


def test_infer__rows_unlike_those_of_training__are_parameters_of_the_answer(
    regression_model: Model, tmp_path: Path
) -> None:
    save(regression_model, tmp_path / "m.netable")
    usual = example_row(regression_model)
    with client(tmp_path / "m.netable") as http:
        body = {"inputs": tensors(http, "m", [usual, usual | {"도시": "Atlantis"}])}
        told = http.post("/v2/models/m/infer", json=body).json()

    assert told["parameters"] == {"unusual_rows": 1, "unusual": "row 2: '도시' was never seen"}

from __future__ import annotations

import json
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from netable.deploy.server.limits import Limits
from netable.deploy.server.openapi import document
from netable.deploy.server.questions import Served
from netable.model.model import Model
from serving import NAMES, client, golden, model_of, row_of, served


def described(name: str, *, needs_token: bool = False) -> dict[str, Any]:
    return document({name: served(name)}, Limits(), "1.0", needs_token=needs_token)


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        found = {value["$ref"]} if "$ref" in value else set()
        return found.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("name", NAMES)
def test_document__row__has_every_column_with_its_kind_levels_and_an_example(name: str) -> None:
    api, model = described(name), model_of(name)
    row = api["components"]["schemas"]["row_1"]

    assert row["required"] == list(row["properties"]) == [column.name for column in model.schema.used]
    for column in model.schema.used:
        schema = row["properties"][column.name]
        assert schema["type"][1] == "null"
        assert schema["x-kind"] == column.kind
        assert schema["examples"] == [row_of(name)[column.name]]
        if column.kind in ("category", "flag"):
            assert schema["examples"][0] in schema["x-levels"]


def test_document__columns__are_described_as_in_training() -> None:
    columns = described("multiclass")["components"]["schemas"]["row_1"]["properties"]

    assert columns["size"]["type"] == ["number", "null"]
    assert columns["size"]["description"] == "number: in training from -2.365 to 2.002"
    assert columns["cost"]["type"] == ["string", "null"]
    assert columns["cost"]["examples"] == ["$2475"]
    assert columns["garden"]["x-levels"] == ["no", "yes"]
    assert columns["도시"]["x-levels"] == ["부산", "서귀포", "서울"]
    assert columns["sold"]["type"] == ["string", "null"]
    assert columns["sold"]["description"].startswith("date: in training from 20")


def test_document__paths__are_those_that_answer() -> None:
    with client(golden("binary")) as http:
        api = http.get("/openapi.json").json()
        assert len(api["paths"]) == 4
        for path, operations in api["paths"].items():
            assert http.post(path, json={}).status_code == 400
            assert set(operations["post"]["responses"]) == {"200", "400", "401", "408", "413", "415", "503"}
    schemas = {f"#/components/schemas/{name}" for name in api["components"]["schemas"]}
    assert references(api) <= schemas


def test_document__question__offers_what_the_model_can_give() -> None:
    def asked(name: str) -> set[str]:
        post = described(name)["paths"]["/predict"]["post"]
        return set(post["requestBody"]["content"]["application/json"]["schema"]["properties"])

    assert asked("binary") == {"rows", "threshold"}
    assert asked("multiclass") == {"rows"}
    assert asked("regression_blend") == {"rows", "interval"}


def test_document__several_models__have_paths_by_name_only(tmp_path: Path) -> None:
    copy(golden("binary"), tmp_path / "a b.netable")
    copy(golden("multiclass"), tmp_path)
    with client(tmp_path) as http:
        api = http.get("/openapi.json").json()
        assert sorted(api["paths"]) == [
            "/models/a%20b/invocations",
            "/models/a%20b/predict",
            "/models/multiclass/invocations",
            "/models/multiclass/predict",
        ]
        assert http.post("/models/a%20b/predict", json={"rows": [row_of("binary")]}).status_code == 200


def test_document__token__is_a_security_scheme() -> None:
    assert described("binary", needs_token=True)["security"] == [{"token": []}]
    assert "security" not in described("binary")


def test_document__everything__is_json() -> None:
    for name in NAMES:
        json.dumps(described(name), allow_nan=False)


def test_document__answer__tells_of_unlike_rows_if_the_model_can(regression_model: Model) -> None:
    def told(one: Served) -> set[str]:
        api = document({one.name: one}, Limits(), "1.0", needs_token=False)
        answer = api["paths"]["/predict"]["post"]["responses"]["200"]
        return set(answer["content"]["application/json"]["schema"]["properties"])

    assert "unusual" in told(Served("m", regression_model))
    assert "unusual" not in told(served("regression_blend"))

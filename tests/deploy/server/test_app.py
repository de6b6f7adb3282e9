from __future__ import annotations

from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from netable.deploy.server import app
from serving import client, golden, predicted, row_of

NAME = "binary"


def test_service__folder_of_models__has_each_by_its_name(tmp_path: Path) -> None:
    for name in ("binary", "multiclass"):
        copy(golden(name), tmp_path)
    with client(tmp_path) as http:
        for name in ("binary", "multiclass"):
            told = http.post(f"/models/{name}/predict", json={"rows": [row_of(name)]})
            assert told.json()["predictions"] == predicted(name, [row_of(name)])
        several = http.post("/predict", json={"rows": [row_of(NAME)]})
        other = http.post("/models/binari/predict", json={"rows": [row_of(NAME)]})

    assert several.status_code == other.status_code == 404
    assert several.json()["error"] == (
        "There are several models; use /models/NAME/…. There are: 'binary', 'multiclass'."
    )
    assert other.json()["error"] == "There is no model 'binari'. Did you mean 'binary'?"


@pytest.mark.parametrize(
    "path", ["/models/..%2F..%2Fetc%2Fpasswd/predict", "/v2/models/%00/infer", "/models/*/predict"]
)
def test_service__name_that_is_a_path__is_only_looked_up(path: str) -> None:
    with client(golden(NAME)) as http:
        assert http.post(path, json={}).status_code == 404


def test_service__unknown_address_or_method__is_one_line() -> None:
    with client(golden(NAME)) as http:
        nowhere, get = http.get("/nowhere"), http.get("/predict")

    assert (nowhere.status_code, get.status_code) == (404, 405)
    assert nowhere.json() == {"error": "There is nothing here; /openapi.json lists what there is."}
    assert get.json() == {"error": "GET is not for this address; use POST."}
    assert get.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_service__body_that_is_not_announced_as_json__is_415(kind: str) -> None:
    with client(golden(NAME)) as http:
        told = http.post("/predict", content=b"{}", headers={"content-type": kind})

    assert told.status_code == 415
    assert told.json() == {"error": "The body must be JSON; send the header Content-Type: application/json."}


def test_service__json_with_a_charset__is_read() -> None:
    with client(golden(NAME)) as http:
        headers = {"content-type": "Application/JSON; charset=utf-8"}
        assert http.post("/predict", content=b"{}", headers=headers).status_code == 400


def test_service__mistake_of_ours__is_500_without_its_details(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("secret")

    said: list[str] = []
    with client(golden(NAME), said=said) as http:
        with monkeypatch.context() as patch:
            patch.setattr(app, "answer_requests", broken)
            told = http.post("/predict", json={"rows": [row_of(NAME)]})
        again = http.post("/predict", json={"rows": [row_of(NAME)]})

    assert told.status_code == 500
    assert told.json() == {"error": "The server made a mistake; its log says more."}
    assert said == ["our mistake in /predict: ZeroDivisionError: secret"]
    assert again.status_code == 200

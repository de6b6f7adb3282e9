"""Services of exported models."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest

from netable.cli.app import run
from netable.deploy.server.shelf import Shelf
from netable.errors import ConfigError
from processes import SECONDS
from serving import ROWS, client, golden, model_of, process, row_of

NAME, GUARDED = "regression_blend", "regression_with_reference"
Exported = Callable[[str], Path]


@pytest.mark.parametrize("name", ["binary", "multiclass", NAME, GUARDED])
def test_export__served__answers_and_describes_as_its_model(name: str, exported: Exported) -> None:
    row = row_of(name)
    asked: dict[str, Any] = {
        f"/models/{name}/predict": {"rows": [row]} | ({"interval": 0.8} if name == NAME else {}),
        f"/models/{name}/invocations": {"dataframe_records": [row]},
        f"/v2/models/{name}/infer": {
            "inputs": [
                {
                    "name": column,
                    "datatype": "BYTES" if isinstance(cell, str) else "FP64",
                    "shape": [1],
                    "data": [cell],
                }
                for column, cell in row.items()
            ]
        },
    }
    with client(golden(name)) as whole, client(exported(name)) as export:
        for path, body in asked.items():
            expected, told = whole.post(path, json=body), export.post(path, json=body)
            assert told.status_code == expected.status_code == 200
            assert_close(told.json(), expected.json())
        assert export.get("/openapi.json").json() == whole.get("/openapi.json").json()
        assert export.get(f"/v2/models/{name}").json() == whole.get(f"/v2/models/{name}").json()


def assert_close(told: Any, expected: Any) -> None:
    """Equal, but for rounding."""
    if isinstance(expected, dict):
        assert told.keys() == expected.keys()
        for key, value in expected.items():
            assert_close(told[key], value)
    elif isinstance(expected, list):
        assert len(told) == len(expected)
        for one, other in zip(told, expected, strict=True):
            assert_close(one, other)
    elif isinstance(expected, float):
        np.testing.assert_allclose(told, expected, rtol=1e-4, atol=1e-6)
    else:
        assert told == expected


def test_export__contributions__are_refused_in_one_line(exported: Exported) -> None:
    with client(exported(NAME)) as http:
        told = http.post("/predict", json={"rows": [row_of(NAME)], "contributions": True})

    assert told.status_code == 400
    assert told.json() == {
        "error": "An exported model has no contributions; serve the model file itself for them."
    }
    with pytest.raises(ConfigError, match="is an exported model, which has no contributions"):
        Shelf(exported(NAME), ROWS, print)


def test_export__replaced__is_read_again(exported: Exported, tmp_path: Path) -> None:
    said: list[str] = []
    path = Path(copy(exported("binary"), tmp_path / "a.onnx"))
    shelf = Shelf(path, None, said.append)
    path.write_bytes(b"nonsense")
    shelf.refresh()
    path.write_bytes(exported("multiclass").read_bytes())
    shelf.refresh()

    assert (shelf["a"].version, shelf["a"].model.task) == (2, "multiclass")
    assert "is no ONNX file that can be run" in said[0]
    assert said[1] == f"{path} was read again"


def test_export__served__loads_no_torch(exported: Exported) -> None:
    program = """
import json, sys
from pathlib import Path
from netable.deploy.server.app import Service
from netable.deploy.server.answering import Request, answer_requests
from netable.deploy.server.limits import Limits
from netable.deploy.server.openapi import document, example_row
from netable.deploy.server.plain import PLAIN
from netable.deploy.server.run import serve
from netable.deploy.server.shelf import Shelf

shelf = Shelf(Path(sys.argv[1]), None, print)
Service(shelf, "", Limits(), print).app()
(served,) = shelf.values()
document(shelf, Limits(), "1", needs_token=False)
body = json.dumps({"rows": [example_row(served.model)], "interval": 0.8}).encode()
(answer,) = answer_requests(served, Limits(), [Request(PLAIN, body)])
print(answer.decode(), "torch" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(exported(GUARDED))], capture_output=True, text=True
    )

    assert done.stdout.startswith('{"model"'), done.stderr
    assert '"unusual": [null]' in done.stdout
    assert done.stdout.endswith("False\n")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc, which Linux has")
def test_process__export__maps_no_library_of_torch(exported: Exported) -> None:
    body = json.dumps({"rows": [row_of(NAME)]}).encode()
    with process(exported(NAME)) as (started, address):
        request = Request(f"{address}/predict", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=SECONDS) as told:
            (prediction,) = json.loads(told.read())["predictions"]
        libraries = Path(f"/proc/{started.pid}/maps").read_text()

    assert prediction == pytest.approx(model_of(NAME).predict([row_of(NAME)])[0], rel=1e-4)
    assert "onnxruntime" in libraries
    assert "libtorch" not in libraries


@pytest.mark.parametrize("name", ["nothing.onnx", "text.onnx"])
def test_serve__onnx_file_that_is_none__is_one_line_and_exit_code_2(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.onnx").write_text("a,b\n1,2\n", encoding="utf-8")

    assert run(["serve", str(tmp_path / name)]) == 2
    said = capfd.readouterr().err
    assert said.startswith("netable: ")
    assert said.count("\n") == 1

"""schemathesis, which makes requests from the OpenAPI document of a service, finds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from serving import ROWS, golden, process

# The service takes more than it documents, such as texts of numbers, as `netable predict` does.
OPTIONS = ["--exclude-checks", "negative_data_rejection", "--max-examples", "60", "--seed", "1", "--no-color"]
PROGRAM = "from schemathesis.cli import schemathesis; schemathesis()"


@pytest.mark.slow
@pytest.mark.skipif(find_spec("schemathesis") is None, reason="schemathesis is not installed")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("binary", []),
        ("multiclass", []),
        ("regression_two_targets", []),
        ("regression_blend", ["--background", ROWS]),
        ("regression_blend.onnx", []),
    ],
    ids=str,
)
def test_service__requests_made_from_its_document__find_nothing(
    name: str, options: list[object], exported: Callable[[str], Path], tmp_path: Path
) -> None:
    path = exported(name.removesuffix(".onnx")) if name.endswith(".onnx") else golden(name)
    with process(path, *options) as (_, address):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "run", f"{address}/openapi.json", *OPTIONS],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    assert done.returncode == 0, done.stdout
    assert "No issues found" in done.stdout

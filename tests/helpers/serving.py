"""Services for tests: in this process, and in one of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from netable.deploy.server.app import Service
from netable.deploy.server.limits import Limits
from netable.deploy.server.openapi import example_row
from netable.deploy.server.questions import Served
from netable.deploy.server.shelf import Shelf
from netable.errors import silence
from netable.model.file import load
from netable.model.model import Model
from processes import SECONDS

GOLDEN = Path(__file__).parents[1] / "golden" / "v2"
ROWS = GOLDEN / "rows.csv"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.netable"))
ADDRESS = re.compile(r" at (http://\S+)$")


def golden(name: str) -> Path:
    """A model file."""
    return GOLDEN / f"{name}.netable"


@cache
def model_of(name: str) -> Model:
    return load(golden(name))


def served(name: str) -> Served:
    return Served(name, model_of(name))


def row_of(name: str, **cells: Any) -> dict[str, Any]:
    """A row that a model takes, with some other cells."""
    return example_row(model_of(name)) | cells


def predicted(name: str, rows: list[dict[str, Any]], **options: Any) -> list[Any]:
    """What `Model.predict` gives."""
    with silence():
        return model_of(name).predict(rows, **options).tolist()


@contextmanager
def client(
    place: Path,
    *,
    token: str = "",
    limits: Limits = Limits(),  # noqa: B008
    background: Path | None = None,
    said: list[str] | None = None,
) -> Iterator[TestClient]:
    """A client of a service in this process."""
    said = [] if said is None else said
    service = Service(Shelf(place, background, said.append), token, limits, said.append)
    with TestClient(service.app(), raise_server_exceptions=True) as one:
        yield one


@contextmanager
def process(
    *arguments: object, said: list[str] | None = None, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service in a process of its own, and its address; `said` gets its lines so far."""
    command = [sys.executable, "-W", "error", "-m", "netable", "serve", *map(str, arguments), "--port", "0"]
    started = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
    )
    try:
        assert started.stderr is not None
        for line in started.stderr:
            if said is not None:
                said.append(line.rstrip())
            if found := ADDRESS.search(line.rstrip()):
                break
        else:
            raise AssertionError(f"it ended with {started.wait()}")
        yield started, found[1]
    finally:
        started.kill()
        started.wait(SECONDS)
        started.stderr.close()


def stop(started: subprocess.Popen[str]) -> tuple[int, str]:
    """Ask a service to stop; its exit code, and what it said."""
    started.send_signal(signal.SIGTERM)
    assert started.stderr is not None
    rest = started.stderr.read()
    return started.wait(SECONDS), rest

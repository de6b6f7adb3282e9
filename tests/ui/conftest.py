"""Pages of a workspace in this process, and runs for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.csv
import pytest
from starlette.testclient import TestClient

from cli_runs import trained
from netable.ui.workspace import Workspace
from small import make_table
from ui_pages import browser_of

REPORT = "<!DOCTYPE html><title>a report</title>"


@pytest.fixture(scope="session")
def houses_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tables") / "houses.csv"
    pyarrow.csv.write_csv(make_table().drop_columns(["rooms", "third", "dear"]), path)
    return path


@pytest.fixture(scope="session")
def price_run(houses_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a regression, with a report that is short."""
    folder = trained(tmp_path_factory.mktemp("runs") / "price", houses_csv, "--target", "price")
    (folder / "report.html").write_text(REPORT, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def third_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of three classes."""
    place = tmp_path_factory.mktemp("runs")
    pyarrow.csv.write_csv(make_table().drop_columns(["price", "rooms", "dear"]), place / "t.csv")
    return trained(place / "third", place / "t.csv", "--target", "third")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # for the processes that train
    return Workspace(tmp_path / "runs")


@pytest.fixture
def page(workspace: Workspace) -> Iterator[TestClient]:
    """A browser that was let in; a mistake of ours fails the test."""
    said: list[str] = []
    with browser_of(workspace, said.append) as client:
        yield client
    assert not said

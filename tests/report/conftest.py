"""Reports, and models for them, that are ready in a moment."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.model import Model
from netable.report import write_report
from page_reader import Reader, undrawn
from small import QUICK, make_table


@pytest.fixture
def read_page(tmp_path):
    """Write a model's report, by default without its charts, and read it."""

    def call(model: Model, source: object = None, drawn: bool = False) -> Reader:
        with nullcontext() if drawn else undrawn():
            write_report(model, tmp_path / "report.html", source)
        return Reader((tmp_path / "report.html").read_text(encoding="utf-8"))

    return call


def _session_page(model: Model, factory: pytest.TempPathFactory) -> Reader:
    path = factory.mktemp("pages") / "report.html"
    write_report(model, path)
    return Reader(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def regression_page(regression_model, tmp_path_factory) -> Reader:
    return _session_page(regression_model, tmp_path_factory)


@pytest.fixture(scope="session")
def classifier_page(classifier_model, tmp_path_factory) -> Reader:
    return _session_page(classifier_model, tmp_path_factory)


@pytest.fixture(scope="session")
def three_classes() -> Model:
    return fit(make_table().drop_columns(["rooms", "price", "dear"]), Settings(target="third", **QUICK))

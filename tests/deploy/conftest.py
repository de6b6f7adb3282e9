"""Exported models for tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from serving import model_of


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """From the name of a golden model to the file of its export."""
    folder = tmp_path_factory.mktemp("exported")

    @cache
    def export(name: str) -> Path:
        path = folder / f"{name}.onnx"
        model_of(name).export(path)
        return path

    return export

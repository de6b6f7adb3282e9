"""A store of MLflow for tests that log to it; they are skipped where MLflow is not installed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def mlflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """MLflow with an empty store of files, its automatic logging off before and after."""
    module = pytest.importorskip("mlflow", reason="MLflow is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of itself when it is imported
        import_module("mlflow.pyfunc")
    # Its stores in databases need packages that mlflow-skinny leaves out.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.chdir(tmp_path)
    module.set_tracking_uri(tmp_path.joinpath("runs").as_uri())
    yield module
    module.autolog(disable=True, silent=True)
    # Otherwise MLflow keeps to what a test has asked of scikit-learn alone.
    import_module("mlflow.utils.autologging_utils").AUTOLOGGING_INTEGRATIONS.clear()
    module.set_tracking_uri(None)

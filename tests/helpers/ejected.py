"""Ejected folders that are written without a proof, and their scripts as modules."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from netable.config.exports import ExportSettings
from netable.deploy.torch.artefact import TorchFolder
from netable.model.model import Model


def eject(model: Model, folder: Path, interval: float | None = None) -> Path:
    """Write the folder of a model, uncompared."""
    folder.mkdir(exist_ok=True)
    for name, content in TorchFolder(model, ExportSettings("torch", interval)).content(None).items():
        (folder / name).write_bytes(content)
    return folder


def script_of(folder: Path) -> ModuleType:
    """The script of a folder, as a module that no other one can find."""
    spec = spec_from_file_location("ejected", folder / "model.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_here(command: Sequence[str], cwd: Path, **_: Any) -> subprocess.CompletedProcess[str]:
    """What `subprocess.run` does for the program of a folder, without a process that imports torch."""
    script = script_of(cwd)
    with (cwd / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: [row[name] for row in rows] for name in script.COLUMNS}
    predictions = script.predict(script.load(), columns)
    with (cwd / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(predictions)
        writer.writerows(zip(*predictions.values(), strict=True))
    return subprocess.CompletedProcess(command, 0, "", "")

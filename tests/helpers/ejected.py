"""Ejected folders that are written without a proof, and their scripts as modules."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

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

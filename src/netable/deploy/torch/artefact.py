"""A model as a folder of plain PyTorch."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import requires, version
from importlib.resources import files
from typing import Any

import pyarrow as pa
import torch
from numpy.typing import NDArray
from safetensors.torch import save

from netable.config.exports import ExportSettings
from netable.deploy.contract.inputs import Input, inputs_of
from netable.deploy.contract.proof import Proof
from netable.deploy.contract.scope import check_plain, check_scope
from netable.deploy.torch.columns import encode_section, level_texts
from netable.deploy.torch.outcome import (
    Parts,
    load_section,
    network_sections,
    predict_section,
    targets_section,
)
from netable.deploy.torch.readme import readme, title
from netable.deploy.torch.script import brackets, quoted, script, written
from netable.deploy.torch.trial import Trial
from netable.model.model import Model
from netable.system.json import to_json

_NEEDED = ("numpy", "safetensors", "torch")
_IN_ROWS = torch.contiguous_format


class TorchFolder:
    """A model as a folder: a script of plain PyTorch, its weights, and a program that predicts the rows of a CSV.

    Parameters
    ----------
    model : Model
    settings : ExportSettings

    Raises
    ------
    UserError
        If the model has a part that the script cannot express, or no intervals of this coverage, or settings are for
        ONNX.
    """

    files = ("model.py", "predict.py", "weights.safetensors", "columns.json", "requirements.txt", "README.md")
    runs_in = "PyTorch"

    def __init__(self, model: Model, settings: ExportSettings) -> None:
        check_plain(settings, "A script of PyTorch reads the cells of a CSV")
        check_scope(model)
        written_dates = replace(settings, dates="iso")
        self.inputs = tuple(
            each._replace(name=each.column.name) for each in inputs_of(model.schema, written_dates)
        )
        self._parts = Parts.of(model, settings.interval)
        self._files = _files(model, self.inputs, self._parts, settings.interval)
        self._model = model
        self._trial = Trial(self.content(None), self.inputs, model.target)

    @property
    def runtime(self) -> str:
        """The program that `run` calls, with its version."""
        return f"{self.runs_in} {torch.__version__}"

    def run(self, table: pa.Table) -> dict[str, NDArray[Any]]:
        """The outputs by name for a canonical table, computed by the folder's program."""
        return self._trial.run(table)

    def content(self, proof: Proof | None) -> dict[str, bytes]:
        """The bytes of each file, with a proof in the weights' metadata and in the README."""
        facts = {"version": version("netable"), "proof": proof and proof._asdict()}
        tensors = {
            name: t.detach().cpu().clone(memory_format=_IN_ROWS) for name, t in self._parts.tensors().items()
        }
        weights = save(tensors, {"netable": json.dumps(facts)})
        told = readme(self._model, self.inputs, proof)
        return {**self._files, "weights.safetensors": weights, "README.md": told.encode()}


def _files(model: Model, inputs: tuple[Input, ...], parts: Parts, coverage: float | None) -> dict[str, bytes]:
    """The files beside the weights and the README."""
    target = model.target
    texts: dict[str, Any] = {"levels": level_texts(inputs, model.encoder), "classes": list(target.labels)}
    sections = [
        encode_section(inputs, model.encoder),
        *network_sections(parts),
        load_section(parts),
        predict_section(parts, coverage),
        targets_section(target),
    ]
    docstring = f"""{title(target)} in plain PyTorch, written by netable.

`encode` turns columns into tensors, and `Model` turns these into predictions. `load` returns the model with
its weights, `predict` tells what it predicts for columns, and `targets` reads what it is to predict.
"""
    folder = files("netable.deploy.torch") / "templates"
    found = {
        "model.py": script(docstring, _constants(model, inputs), sections, ["COLUMNS"]).encode(),
        "predict.py": (folder / "predict.py").read_bytes(),
        "requirements.txt": "".join(f"{line}\n" for line in _requirements()).encode(),
    }
    return found | ({"columns.json": (to_json(texts) + "\n").encode()} if any(texts.values()) else {})


def _constants(model: Model, inputs: tuple[Input, ...]) -> dict[str, str]:
    """Statements that define the constants of a script, by name."""
    names = (quoted(each.column.name) for each in inputs)
    options = model.read_options
    everywhere = dict.fromkeys(options.missing)
    more = brackets(map(quoted, dict.fromkeys(options.missing_among_numbers)), "{}")
    single = "float64" if model.net.dtype == torch.float64 else "float32"
    made = {
        "FOLDER": ["FOLDER = Path(__file__).parent"],
        "WEIGHTS": ['WEIGHTS = FOLDER / "weights.safetensors"'],
        "TEXTS": ['TEXTS = json.loads((FOLDER / "columns.json").read_text("utf-8"))'],
        "LEVELS": ['LEVELS = TEXTS["levels"]'],
        "CLASSES": ['CLASSES = TEXTS["classes"]'],
        "COLUMNS": written(brackets(names), "COLUMNS = "),
        "TARGETS": written(brackets(map(quoted, model.target.names)), "TARGETS = "),
        "MISSING": written(brackets(map(quoted, everywhere), "{}"), "MISSING = "),
        "MISSING_NUMBERS": written(more, "MISSING_NUMBERS = MISSING | ")
        if more.parts
        else ["MISSING_NUMBERS = MISSING"],
        "LARGEST": [f"LARGEST = torch.finfo(torch.{single}).max / 8"],
    }
    return {name: "\n".join(lines) for name, lines in made.items()}


def _requirements() -> list[str]:
    """The packages that a script imports, as netable needs them."""
    return [line for line in requires("netable") or () if line.startswith(_NEEDED)]

"""A model as one file of data, never code.

The file is in the safetensors format. Its one metadata key, `netable`, is the version of the format. It holds the
network's tensors under `net.`, the target's scale, sketches of the rows of training and validation, and everything else
(schema, dictionary, configuration, metrics, history) as JSON in the byte tensor `about`. The last 32 bytes, the tensor
`~sha256`, are the SHA-256 of all bytes before them, which detects damage. An attacker can compute it too, so no name in
a file is imported, and sizes are checked before memory is allocated for them.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from netable.compute.threads import torch_threads
from netable.config.recipe import Recipe, recipe_from
from netable.config.values import name_of
from netable.errors import ModelFileError, UserError
from netable.model.file.container import FORMAT_VERSION, HASH, HASH_BYTES, read_sealed, seal
from netable.model.file.networks import check, check_shape, ensemble_from
from netable.model.file.records import asked_from, history_from, results_from
from netable.model.guard.reference import Reference
from netable.model.guard.stored import PREFIX, reference_arrays, reference_from, reference_record
from netable.model.intervals import MOST_BINS, TAILS, UNITS, Errors, Intervals
from netable.model.model import Model
from netable.model.row_sketch import SKETCH_SIZE, RowSketch
from netable.system.files import write_atomically
from netable.system.json import strict_json, without_nan
from netable.table.encode import Encoder
from netable.table.target import Target
from netable.train import Objective, TargetScale

# Nesting of `about`, with some room; the deepest part is metrics of several targets by coverage.
_ABOUT_DEPTH = 12
_LONGEST_REASON = 300  # characters
# Errors that incomplete or forged content raises here and in libraries.
_BROKEN = (
    UserError,
    SafetensorError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    RuntimeError,
    OverflowError,
    AssertionError,
)


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to one file, whole or not at all.

    Raises
    ------
    FileError
        If the file cannot be written; an older file at `path` is then as it was.
    ModelFileError
        If it could not be loaded again: it has too many parts, its training goes on, or its network is the user's own.
    """
    if callable(model.recipe.model):
        raise ModelFileError(
            f"{path} is not written: a model file holds no code, and {name_of(model.recipe.model)} made the networks. "
            "Keep the estimator with joblib.dump(estimator, path), and the function in a module that can be imported."
        )
    tensors = _tensors(model)
    try:
        _model(tensors)
    except _BROKEN as error:
        raise ModelFileError(
            f"{path} is not written, as it could not be loaded: {_reason(error)}."
        ) from error
    content = bytearray(safetensors.torch.save(tensors, {"netable": str(FORMAT_VERSION)}))
    seal(content)
    with write_atomically(path) as file:
        file.write(content)


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model, on the CPU, wherever it was trained.

    Raises
    ------
    FileError
        If there is no such file, or it cannot be read.
    ModelFileError
        If it is not a model of ours, is damaged, or is newer than this version.
    MemoryShortage
        If it is larger than the machine's memory.
    """
    content = read_sealed(path)
    try:
        tensors = safetensors.torch.load(content)
        del content
        return _model(tensors)
    except _BROKEN as error:
        raise ModelFileError(f"{path} does not hold a complete model: {_reason(error)}.") from error


def _reason(error: Exception) -> str:
    reason = " ".join(str(error).split())
    return f"{reason[:_LONGEST_REASON]}…" if len(reason) > _LONGEST_REASON else reason.rstrip(".")


def _tensors(model: Model) -> dict[str, Tensor]:
    about = {
        "config": model.recipe.to_dict(),
        "target": model.target.to_dict(),
        "encoder": model.encoder.to_dict(),
        "results": model.results,
        "temperature": model.objective.temperature,
        "intervals": {"units": list(model.intervals.units), "why_none": model.intervals.why_none},
        "history": vars(model.history),
        "asked": None if model.asked is None else model.asked.to_dict(),
        "reference": None if model.reference is None else reference_record(model.reference),
    }
    text = json.dumps(without_nan(about), ensure_ascii=False, allow_nan=False)
    tensors = {f"net.{name}": tensor for name, tensor in model.net.state_dict().items()}
    if model.objective.scale is not None:
        scale = model.objective.scale._asdict()
        # In float64, though a device without it may have narrowed them.
        tensors |= {
            f"scale.{name}": tensor.cpu().double() for name, tensor in scale.items() if tensor is not None
        }
    for i, errors in enumerate(model.intervals.errors):
        tensors |= {f"intervals.{i}.{name}": torch.tensor(part) for name, part in errors._asdict().items()}
    tensors["sketch"] = torch.from_numpy(model.sketch.hashes.view(np.int64).copy())
    tensors["judges"] = torch.from_numpy(model.judges.hashes.view(np.int64).copy())
    if len(model.groups.hashes):
        tensors["groups"] = torch.from_numpy(model.groups.hashes.view(np.int64).copy())
    if model.reference is not None:
        tensors |= {name: torch.tensor(part) for name, part in reference_arrays(model.reference).items()}
    tensors["about"] = torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)
    tensors[HASH] = torch.zeros(HASH_BYTES, dtype=torch.uint8)
    return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}


def _model(tensors: dict[str, Tensor]) -> Model:
    about: dict[str, Any] = strict_json(tensors["about"].numpy().tobytes(), deepest=_ABOUT_DEPTH)
    encoder = Encoder.from_dict(about["encoder"])
    target = Target.from_dict(about["target"])
    recipe = recipe_from(about["config"], source="the model file")
    if len(target.labels) != {"regression": 0, "binary": 2}.get(target.task, len(target.labels)):
        raise ValueError(f"{target.task} with {len(target.labels)} classes")
    with torch_threads(1):  # operations on a few weights at a time
        net = ensemble_from(tensors, encoder, target, recipe)
    return Model(
        recipe=recipe,
        target=target,
        schema=encoder.schema,
        encoder=encoder,
        net=net,
        objective=_objective(tensors, about["temperature"], recipe, target, len(net)),
        sketch=_sketch(tensors["sketch"]),
        judges=_sketch(tensors["judges"]),
        # Files of earlier versions, and models without a group column, have none.
        groups=_sketch(tensors["groups"]) if "groups" in tensors else RowSketch(),
        results=results_from(about["results"], len(net.stacks)),
        history=history_from(about["history"], len(net.stacks)),
        intervals=_intervals(tensors, about["intervals"], target),
        asked=asked_from(about.get("asked"), target),
        reference=_reference(tensors, about.get("reference"), encoder, target, net.dtype),
    )


def _reference(
    tensors: dict[str, Tensor], record: Any, encoder: Encoder, target: Target, dtype: torch.dtype
) -> Reference | None:
    arrays = {name: tensor.numpy() for name, tensor in tensors.items() if name.startswith(PREFIX)}
    return reference_from(arrays, record, encoder, target, torch.empty(0, dtype=dtype).numpy().dtype)


def _sketch(hashes: Tensor) -> RowSketch:
    if hashes.dtype != torch.int64 or hashes.dim() != 1 or len(hashes) > SKETCH_SIZE:
        raise ValueError(f"a sketch of rows has the shape {tuple(hashes.shape)}")
    return RowSketch(hashes.numpy().view(np.uint64))


def _objective(
    tensors: dict[str, Tensor], temperature: float, recipe: Recipe, target: Target, members: int
) -> Objective:
    scale = None
    if target.task == "regression":
        parts = {name: tensors.get(f"scale.{name}") for name in TargetScale._fields}
        for name, tensor in parts.items():
            if tensor is not None or name in ("center", "deviation"):
                check(tensors, f"scale.{name}", (members, 1, target.d_out), torch.float64)
        scale = TargetScale(**parts)  # type: ignore[arg-type]
    return Objective(
        target.task, scale, loss=recipe.loss, quantile=recipe.quantile, temperature=float(temperature)
    )


def _intervals(tensors: dict[str, Tensor], about: dict[str, Any], target: Target) -> Intervals:
    units, why_none = tuple(about["units"]), str(about["why_none"])
    if why_none:
        return Intervals(why_none=why_none)
    if len(units) != target.d_out or not set(units) <= UNITS.keys():
        raise ValueError(f"intervals in {len(units)} units for {target.d_out} targets, or unknown ones")
    errors = []
    for i in range(len(units)):
        names = [f"intervals.{i}.{name}" for name in Errors._fields]
        bins = len(tensors[names[0]])
        if not 1 <= bins <= MOST_BINS:
            raise ValueError(f"intervals in {bins} bins")
        check(tensors, names[0], (bins,), torch.float64)
        for name in names[1:]:
            check_shape(tensors, name, (bins, len(TAILS)))
        errors.append(Errors(*(tensors[name].double().numpy() for name in names)))
    return Intervals(tuple(errors), units)

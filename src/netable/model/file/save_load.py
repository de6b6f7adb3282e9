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
from netable.model.file.records import asked_from, history_from, results_from
from netable.model.intervals import MOST_BINS, TAILS, UNITS, Errors, Intervals
from netable.model.model import Model
from netable.model.row_sketch import SKETCH_SIZE, RowSketch
from netable.nn import BinEdges, Ensemble, InputStatistics, TableInput, TableNet
from netable.nn.build import COLUMNS, body_settings, body_shapes, build_net
from netable.nn.statistics import MOST_BINS as MOST_BINS_OF_COLUMN
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
        net = _ensemble(tensors, encoder, target, recipe)
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
    )


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
                _check(tensors, f"scale.{name}", (members, 1, target.d_out), torch.float64)
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
        _check(tensors, names[0], (bins,), torch.float64)
        for name in names[1:]:
            _check_shape(tensors, name, (bins, len(TAILS)))
        errors.append(Errors(*(tensors[name].double().numpy() for name in names)))
    return Intervals(tuple(errors), units)


def _ensemble(tensors: dict[str, Tensor], encoder: Encoder, target: Target, recipe: Recipe) -> Ensemble:
    """The networks, each stack by its own recipe."""
    stacks, known = [], {"net.weights"}
    for i, stack_recipe in enumerate(recipe.of_stacks()):
        prefix = f"net.stack.{i}."
        state = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
        stacks.append(_net(state, encoder, target, stack_recipe))
        known |= {prefix + name for name in state}
    if unknown := {name for name in tensors if name.startswith("net.")} - known:
        raise ValueError(f"{min(unknown)} belongs to no network")
    _check(tensors, "net.weights", (sum(map(len, stacks)),), torch.float32)
    weights = tensors["net.weights"]
    if float(weights.min()) < 0 or abs(float(weights.sum()) - 1) > 0.01:
        raise ValueError("its members' weights are not shares")
    return Ensemble.trained(stacks, weights)


def _net(state: dict[str, Tensor], encoder: Encoder, target: Target, recipe: Recipe) -> TableNet:
    """A stack, built only if every size in the file is that of the file's tensors."""
    members, cardinalities = len(state["body.head.weight"]), encoder.cardinalities
    _check_shape(state, "body.head.weight", (members, *state["body.head.weight"].shape[1:2], target.d_out))
    dtype = state["inputs.center"].dtype
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(f"its network is in {dtype}")
    for name in state:
        _check_numbers(state, name, torch.int64 if name.endswith((".position", COLUMNS)) else dtype)
    _check_shape(state, "inputs.center", (members, encoder.d_num), may_be_empty=True)
    _check_shape(state, "inputs.position", (members, sum(cardinalities)), may_be_empty=True)
    blank = InputStatistics.blank(encoder.d_num, cardinalities, encoder.code_widths, (members,), dtype)
    if recipe.embedding == "bins":
        blank = blank._replace(bins=_blank_bins(state, members, encoder.d_num, dtype))
    inputs = TableInput(
        blank, smooth_clip=True, periodic=recipe.embedding == "periodic", generator=torch.Generator()
    )
    if len(recipe.hidden_layer_sizes) > len(state) and "hidden_layer_sizes" in body_settings(recipe):
        raise ValueError(f"it has {len(recipe.hidden_layer_sizes)} hidden layers in {len(state)} tensors")
    for name, shape in body_shapes(recipe, inputs.d_out, target.d_out).items():
        _check_shape(state, f"body.{name}", (members, *shape))
    known = state["inputs.position"] == inputs.position
    net = build_net(recipe, blank._replace(known=known), target.d_out)
    if not torch.equal(state["inputs.position"], net.inputs.position):
        raise ValueError("a level has no place in the network")
    net.load_state_dict(state)
    return net


def _blank_bins(
    state: dict[str, Tensor], members: int, d_num: int, dtype: torch.dtype
) -> tuple[BinEdges, ...]:
    """Placeholders for the edges that the file holds, if they belong to existing columns."""
    groups: list[BinEdges] = []
    while (name := f"inputs.bins.{len(groups)}.columns") in state:
        columns = state[name]
        if not bool(((columns >= 0) & (columns < d_num)).all()):
            raise ValueError("a bin belongs to no column")
        bins = state[f"inputs.bins.{len(groups)}.middle"].shape[-1]
        if not 1 <= bins <= MOST_BINS_OF_COLUMN:
            raise ValueError(f"a column in {bins} bins")
        _check_shape(state, f"inputs.bins.{len(groups)}.middle", (members, len(columns), bins))
        groups.append(BinEdges(columns, torch.zeros(members, len(columns), bins + 1, dtype=dtype)))
    return tuple(groups)


def _check(tensors: dict[str, Tensor], name: str, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    _check_shape(tensors, name, shape)
    _check_numbers(tensors, name, dtype)


def _check_shape(
    tensors: dict[str, Tensor], name: str, shape: tuple[int, ...], *, may_be_empty: bool = False
) -> None:
    tensor = tensors[name]
    if tuple(tensor.shape) != shape or not (tensor.numel() or may_be_empty):
        raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, not {shape}")


def _check_numbers(tensors: dict[str, Tensor], name: str, dtype: torch.dtype) -> None:
    if tensors[name].dtype != dtype or not bool(tensors[name].isfinite().all()):
        raise ValueError(f"{name} is not of finite numbers in {dtype}")

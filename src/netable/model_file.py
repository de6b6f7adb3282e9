"""A model as one file: data, never a program.

The file is in the safetensors format. Its one metadata key, `netable`, is the version of what is inside: the network's
tensors under `net.`, the target's scale, a sketch of the training rows, and everything else (schema, dictionary,
configuration, figures, history) as JSON in the byte tensor `about`. The last 32 bytes, the tensor `~sha256`, are the
SHA-256 of all bytes before them: it finds damage and careless changes. Whoever means harm can compute it too, so
nothing in a file is trusted to name code, and sizes are checked before memory is taken for them.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from netable.config import config_from
from netable.errors import FileError, ModelFileError, UserError
from netable.files import write_atomically
from netable.model import Model, build_net
from netable.nn import InputStatistics, TableNet
from netable.overlap import RowSketch
from netable.table.encode import Encoder
from netable.table.target import Target
from netable.train import Epoch, History, Objective, TargetScale

FORMAT_VERSION = 1
# A model's header names some tens of tensors; a megabyte is far more than any needs.
MAX_HEADER_BYTES = 1_000_000
_HASH, _HASH_BYTES = "~sha256", 32
_FOREIGN = {
    b"PK\x03\x04": "a zip archive, perhaps a .pt file of PyTorch",
    b"\x89PNG": "a picture",
    b"PAR1": "a Parquet table",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
}


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to one file, whole or not at all.

    Raises
    ------
    FileError
        If the file cannot be written; an older file at `path` is then as it was.
    """
    content = bytearray(safetensors.torch.save(_tensors(model), {"netable": str(FORMAT_VERSION)}))
    # Byte tensors come last, by name, so the hash ends the file.
    content[-_HASH_BYTES:] = hashlib.sha256(content[:-_HASH_BYTES]).digest()
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
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileError(f"The model {path} cannot be read: {error.strerror}.") from error
    _check_header(path, content)
    tensors = safetensors.torch.load(content)
    try:
        return _model(tensors)
    except (UserError, KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError) as error:
        raise ModelFileError(
            f"{path} does not hold a complete model: {' '.join(str(error).split())}."
        ) from error


def _tensors(model: Model) -> dict[str, Tensor]:
    about = {
        "config": model.config.to_dict(),
        "target": model.target.to_dict(),
        "encoder": model.encoder.to_dict(),
        "results": model.results,
        "history": {
            "epochs": [list(epoch) for epoch in model.history.epochs],
            "ending": model.history.ending,
            "best_epochs": model.history.best_epochs,
        },
    }
    text = json.dumps(about, ensure_ascii=False, allow_nan=True)
    tensors = {f"net.{name}": tensor for name, tensor in model.net.state_dict().items()}
    if model.objective.scale is not None:
        tensors |= {
            "scale.mean": model.objective.scale.mean,
            "scale.deviation": model.objective.scale.deviation,
        }
    tensors["sketch"] = torch.from_numpy(model.sketch.hashes.view(np.int64).copy())
    tensors["about"] = torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)
    tensors[_HASH] = torch.zeros(_HASH_BYTES, dtype=torch.uint8)
    return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}


def _check_header(path: str | os.PathLike[str], content: bytes) -> None:
    def refuse(why: str) -> NoReturn:
        raise ModelFileError(f"{path} {why}")

    for magic, what in _FOREIGN.items():
        if content.startswith(magic):
            refuse(f"is {what}, not a netable model.")
    if content[:1] == b"\x80":
        refuse("is a pickle. It could run any code; netable never loads one.")
    length = int.from_bytes(content[:8], "little")
    if len(content) < 10 or content[8:9] != b"{":
        refuse("is not a netable model.")
    if length > MAX_HEADER_BYTES:
        refuse(f"claims a header of {length} bytes; a model's has at most {MAX_HEADER_BYTES}.")
    if len(content) < 8 + length:
        refuse("is cut short: its header is not complete.")
    try:
        header = json.loads(content[8 : 8 + length])
        found = (header.pop("__metadata__", None) or {}).get("netable")
        end = 8 + length + max((int(entry["data_offsets"][1]) for entry in header.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        refuse("is not a netable model: its header cannot be read.")
    if found is None:
        refuse("is a safetensors file, but not a netable model.")
    if not str(found).isdigit() or int(found) > FORMAT_VERSION:
        refuse(f"has format {found}; this netable reads up to {FORMAT_VERSION}. Upgrade netable to load it.")
    if len(content) < end:
        refuse(f"is cut short: {len(content)} of {end} bytes are there.")
    if hashlib.sha256(content[:-_HASH_BYTES]).digest() != content[-_HASH_BYTES:]:
        refuse("is damaged or was altered: its checksum does not match.")


def _model(tensors: dict[str, Tensor]) -> Model:
    about: dict[str, Any] = json.loads(tensors["about"].numpy().tobytes())
    encoder = Encoder.from_dict(about["encoder"])
    target = Target.from_dict(about["target"])
    config = config_from(about["config"])
    history = about["history"]
    scale = (
        TargetScale(tensors["scale.mean"], tensors["scale.deviation"]) if "scale.mean" in tensors else None
    )
    state = {name.removeprefix("net."): tensor for name, tensor in tensors.items() if name.startswith("net.")}
    return Model(
        config=config,
        target=target,
        schema=encoder.schema,
        encoder=encoder,
        net=_net(state, config.hidden_layer_sizes if config.model == "mlp" else (), encoder, target, config),
        objective=Objective(target.task, scale),
        sketch=RowSketch(tensors["sketch"].numpy().view(np.uint64)),
        results=about["results"],
        history=History(
            [Epoch(*epoch) for epoch in history["epochs"]], history["ending"], history["best_epochs"]
        ),
    )


def _net(
    state: dict[str, Tensor], widths: tuple[int, ...], encoder: Encoder, target: Target, config: Any
) -> TableNet:
    center = state["inputs.center"]
    for i, width in enumerate(widths):  # before the network is built: a lie about sizes must not cost memory
        if state[f"body.blocks.{i}.0.weight"].shape[-1] != width:
            raise ValueError(f"hidden layer {i + 1} is not {width} wide")
    if center.shape[-1] != encoder.d_num or state["inputs.position"].shape[-1] != sum(encoder.cardinalities):
        raise ValueError("its columns do not fit its network")
    blank = InputStatistics.blank(encoder.d_num, encoder.cardinalities, tuple(center.shape[:-1]))
    net = build_net(config, blank, target.d_out).to(center.dtype)
    net.load_state_dict(state)
    return net.eval().requires_grad_(False)

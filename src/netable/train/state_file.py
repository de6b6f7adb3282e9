"""A state as one file: tensors in safetensors, what holds them together as JSON, a checksum at the end.

Nothing in such a file is code, and nothing is loaded by a name that it gives.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from netable.errors import CheckpointError, ConfigError
from netable.system.files import write_atomically

FORMAT_VERSION = 1
_FORMAT, _STRUCTURE, _HASH_BYTES = "netable-checkpoint", "structure", 32
# Errors that a file with invented content raises, here and in the libraries.
_BROKEN = (SafetensorError, LookupError, TypeError, ValueError, AttributeError, RuntimeError, OverflowError)


def write_state(path: str | os.PathLike[str], state: Any) -> None:
    """Write mappings, sequences, tensors and plain values to one file, whole or not at all.

    Raises
    ------
    ConfigError
        If something else is in the state.
    FileError
        If the file cannot be written; an older one is then as it was.
    """
    content = state_to_bytes(state)
    with write_atomically(path) as file:
        file.write(content)
        file.write(hashlib.sha256(content).digest())


def read_state(path: str | os.PathLike[str]) -> Any:
    """The state that `write_state` wrote, its tensors on the CPU; None if there is no such file.

    Raises
    ------
    CheckpointError
        If the file cannot be read, or is damaged, or something else.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CheckpointError(f"The checkpoint {path} cannot be read: {error.strerror}.") from error
    body, digest = content[:-_HASH_BYTES], content[-_HASH_BYTES:]
    if hashlib.sha256(body).digest() != digest:
        raise CheckpointError(f"The checkpoint {path} is damaged: its checksum does not match.")
    try:
        return state_from_bytes(body)
    except _BROKEN as error:
        what = " ".join(str(error).split())
        raise CheckpointError(f"The checkpoint {path} is not one of netable's: {what}.") from error


def state_to_bytes(state: Any) -> bytes:
    """The same without a file, for another process; see `write_state` for what a state may hold."""
    tensors: dict[str, Tensor] = {}
    structure = json.dumps({"format": FORMAT_VERSION, "state": _pack(state, tensors)})
    tensors[_STRUCTURE] = torch.frombuffer(bytearray(structure.encode()), dtype=torch.uint8)
    return safetensors.torch.save(tensors, {_FORMAT: str(FORMAT_VERSION)})


def state_from_bytes(content: bytes) -> Any:
    """The state that `state_to_bytes` packed; an error of any kind if it is something else."""
    tensors = safetensors.torch.load(content)
    described = json.loads(tensors[_STRUCTURE].numpy().tobytes())
    if described["format"] != FORMAT_VERSION:
        raise ValueError(f"its format is {described['format']!r}, not {FORMAT_VERSION}")
    return _unpack(described["state"], tensors)


def check_alike(state: Any, expected: Any, name: str) -> None:
    """Refuse tensors of other shapes, or mappings and sequences of other parts.

    Raises
    ------
    ValueError
    """
    if isinstance(expected, Tensor):
        if not isinstance(state, Tensor) or state.shape != expected.shape or state.dtype != expected.dtype:
            raise ValueError(f"{name} is not {tuple(expected.shape)} of {expected.dtype}")
    elif isinstance(expected, dict):
        if state.keys() != expected.keys():
            raise ValueError(f"{name} has other parts")
        for key, value in expected.items():
            check_alike(state[key], value, f"{name}.{key}")
    elif isinstance(expected, list):
        check_alike(dict(enumerate(state)), dict(enumerate(expected)), name)


def _pack(value: Any, tensors: dict[str, Tensor]) -> Any:
    """The value ready for JSON: every tensor is moved to `tensors` and replaced by its number there."""
    if isinstance(value, Tensor):
        name = str(len(tensors))
        # A clone, because tensors that share memory cannot be written.
        tensors[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[_pack(k, tensors), _pack(v, tensors)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_pack(part, tensors) for part in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return _pack(value.item(), tensors)
    raise ConfigError(f"A checkpoint cannot hold a {type(value).__name__}, which is part of what is trained.")


def _unpack(value: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content].clone()  # in memory of its own, aligned as usual
    if kind == "dict":
        return {_unpack(k, tensors): _unpack(v, tensors) for k, v in content}
    return {"list": list, "tuple": tuple}[kind](_unpack(part, tensors) for part in content)

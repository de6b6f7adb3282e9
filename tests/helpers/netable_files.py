"""Model files taken apart, changed, and put together again with a right checksum, as whoever means harm can do."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from netable.errors import ModelFileError
from netable.model.file import load
from netable.model.file.container import FORMAT_VERSION


def parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the tensors' bytes."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def signed(header: dict[str, Any] | bytes, body: bytes) -> bytes:
    """A file of these parts whose checksum is right, as whoever means harm can make it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    start = struct.pack("<Q", len(text)) + text + body[:-32]
    return start + hashlib.sha256(start).digest()


def with_tensors(content: bytes, change: Callable[[dict[str, torch.Tensor]], object]) -> bytes:
    """The file with other tensors and a right checksum."""
    tensors = safetensors.torch.load(content)
    change(tensors)
    changed = safetensors.torch.save(tensors, {"netable": str(FORMAT_VERSION)})
    return changed[:-32] + hashlib.sha256(changed[:-32]).digest()


def with_about(content: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The file with something else told about the model, and a right checksum."""

    def rewrite(tensors: dict[str, torch.Tensor]) -> None:
        about = json.loads(tensors["about"].numpy().tobytes())
        change(about)
        tensors["about"] = torch.frombuffer(bytearray(json.dumps(about).encode()), dtype=torch.uint8)

    return with_tensors(content, rewrite)


def refusal(path: Path, content: bytes) -> str:
    """The error about a file with this content; it must be a single line that names the file."""
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    assert len(text) < 600
    return text.removeprefix(f"{path} ")

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import pytest
import safetensors.torch
import torch

from netable.errors import CheckpointError, ConfigError
from netable.train.state_file import read_state, write_state

STATE = {
    "plain": [None, True, 3, -0.0, 0.1, math.inf, "집"],
    "pairs": {0: (1, 2), "a": {}},
    "tensors": [torch.arange(3), torch.zeros(0, 2), torch.tensor(True), torch.ones((), dtype=torch.float64)],
}


def same(a: object, b: object) -> bool:
    """True if values, their types, and the bits of tensors agree."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)


def forge(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    content = safetensors.torch.save(tensors)
    path.write_bytes(content + hashlib.sha256(content).digest())


def test_write_state__any_values__come_back_as_they_were(tmp_path: Path) -> None:
    write_state(tmp_path / "a", STATE)

    assert same(read_state(tmp_path / "a"), STATE)


def test_write_state__tensors_that_share_memory__come_back(tmp_path: Path) -> None:
    x = torch.arange(6.0).view(2, 3)

    write_state(tmp_path / "a", [x, x, x[1], x.T])

    assert same(read_state(tmp_path / "a"), [x, x, x[1], x.T])


def test_write_state__something_else__is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^A checkpoint cannot hold a object, which is part of what is "):
        write_state(tmp_path / "a", {"x": object()})


def test_read_state__no_file__is_none(tmp_path: Path) -> None:
    assert read_state(tmp_path / "a") is None


def test_read_state__any_byte_altered_or_missing__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_state(path, {"x": torch.arange(3)})
    whole = path.read_bytes()
    altered = [whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1 :] for i in range(0, len(whole), 7)]

    for content in [*altered, whole[:-1], b""]:
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="is damaged: its checksum does not match"):
            read_state(path)


@pytest.mark.parametrize(
    "structure",
    [
        b"{",
        b"[]",
        json.dumps({"format": 2, "state": 1}).encode(),
        json.dumps({"format": 1, "state": {"tensor": "9"}}).encode(),
        json.dumps({"format": 1, "state": {"pickle": "cos"}}).encode(),
        json.dumps({"format": 1, "state": {"dict": [1]}}).encode(),
        b'{"format": 1, "state": ' + b'{"list": [' * 100_000,
    ],
)
def test_read_state__made_up_with_a_right_checksum__is_one_error(tmp_path: Path, structure: bytes) -> None:
    forge(tmp_path / "a", {"structure": torch.frombuffer(bytearray(structure), dtype=torch.uint8)})

    with pytest.raises(CheckpointError, match="is not one of netable's"):
        read_state(tmp_path / "a")


def test_read_state__a_folder__is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read: Is a directory"):
        read_state(tmp_path)

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netable.errors import FileError, MemoryShortage, ModelFileError
from netable.model.file import container as model_bytes
from netable.model.file import load, save
from netable.model.model import Model
from netable_files import parts, refusal, signed

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture(scope="module")
def content() -> bytes:
    return (GOLDEN / "v2" / "multiclass_linear.netable").read_bytes()


# What is no file


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random"])
def test_load__device__is_refused_unread(device: str) -> None:
    if not os.path.exists(device):
        pytest.skip(f"no {device} here")
    with pytest.raises(FileError, match=r"cannot be read: it is a pipe or a device, not a file\.$"):
        load(device)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_load__pipe_that_nobody_writes_to__does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m")
    errors: list[BaseException] = []

    def try_it() -> None:
        try:
            load(tmp_path / "m")
        except FileError as error:
            errors.append(error)

    reader = threading.Thread(target=try_it, daemon=True)
    reader.start()
    reader.join(20)
    assert "it is a pipe or a device" in str(errors[0])


def test_load__name_that_no_file_can_have__is_a_file_error() -> None:
    with pytest.raises(FileError, match="cannot be read: embedded null byte"):
        load("a\0b")


def sparse(path: Path, start: bytes, size: int) -> Path:
    with path.open("wb") as file:
        file.write(start)
        try:
            file.truncate(size)
        except OSError:
            pytest.skip("no such large files here")
    return path


def test_load__huge_file_of_nothing__is_refused_by_its_first_bytes(tmp_path: Path) -> None:
    path = sparse(tmp_path / "m", b"", 100_000_000_000)

    with pytest.raises(ModelFileError, match=r"is not a netable model\.$"):
        load(path)


def test_load__huge_file_with_a_models_header__is_refused_by_its_size(content: bytes, tmp_path: Path) -> None:
    path = sparse(tmp_path / "m", content, 100_000_000_000)

    with pytest.raises(
        ModelFileError, match=f"it has 100000000000 bytes, but its header describes {len(content)}"
    ):
        load(path)


def test_load__more_than_the_machine_has__is_a_memory_error(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m").write_bytes(content)
    monkeypatch.setattr(model_bytes, "usable_memory", lambda: 10_000)

    with pytest.raises(
        MemoryShortage, match=r"takes .* GB, more than the memory that may be used here \(1e-05 GB\)\.$"
    ):
        load(tmp_path / "m")


# What is not what its header tells


@pytest.mark.bad_input(84)
def test_load__cut_short_in_the_header_or_near_an_end__is_refused(content: bytes, tmp_path: Path) -> None:
    length = 8 + int.from_bytes(content[:8], "little")
    for n in {*range(0, length, 7), *range(length - 3, length + 40), *range(len(content) - 40, len(content))}:
        refusal(tmp_path / "m", content[:n])


@pytest.mark.slow
@pytest.mark.bad_input(84)
@pytest.mark.bad_input(85)
def test_load__every_length_and_ten_thousand_altered_bytes__are_refused(
    content: bytes, tmp_path: Path
) -> None:
    rng, tried = np.random.default_rng(0), 0
    for n in range(len(content)):
        refusal(tmp_path / "m", content[:n])
    places = [*range(len(content)), *rng.integers(0, len(content), 10_000)]
    for place in places[: max(10_000, len(content))]:
        altered = bytearray(content)
        altered[place] ^= int(rng.integers(1, 256))
        refusal(tmp_path / "m", bytes(altered))
        tried += 1
    assert tried >= 10_000


def swap(header: dict[str, Any], first: str, second: str) -> None:
    header[first]["data_offsets"], header[second]["data_offsets"] = (
        header[second]["data_offsets"],
        header[first]["data_offsets"],
    )


def grow(header: dict[str, Any], name: str, by: int) -> None:
    begin, end = header[name]["data_offsets"]
    header[name].update(shape=[end - begin + by], data_offsets=[begin, end + by])


def place(header: dict[str, Any], name: str, value: Any) -> None:
    header[name]["data_offsets"] = value


CENTER = "net.stack.0.inputs.center"
MISPLACED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "exchanged with another of its size": (
        lambda h: swap(h, CENTER, "net.stack.0.inputs.scale"),
        "does not hold a complete model",
    ),
    "exchanged with another": (lambda h: swap(h, "about", CENTER), "describes no valid tensor"),
    "overlapping the next": (lambda h: grow(h, "about", 8), "is not where the one before it ends"),
    "a gap before the next": (lambda h: grow(h, "about", -8), "is not where the one before it ends"),
    "the place of another": (
        lambda h: place(h, CENTER, h["net.stack.0.inputs.scale"]["data_offsets"]),
        "is not where the one before it ends",
    ),
    "a product beyond 64 bits": (
        lambda h: h[CENTER].update(shape=[2**40, 2**40]),
        "describes no valid tensor",
    ),
    "many dimensions": (lambda h: h[CENTER].update(shape=[1] * 1000), "describes no valid tensor"),
    "a size that is true": (lambda h: h[CENTER].update(shape=[True, 2]), "describes no valid tensor"),
    "a size that is a fraction": (lambda h: h[CENTER].update(shape=[2.0, 2]), "describes no valid tensor"),
    "a type that is a list": (lambda h: h[CENTER].update(dtype=["F32"]), "describes no valid tensor"),
    "more than a tensor has": (lambda h: h[CENTER].update(more=1), "describes no valid tensor"),
    "a huge one of nothing": (
        lambda h: h.update(more={"dtype": "F32", "shape": [0, 2**62], "data_offsets": [0, 0]}),
        "the tensor 'more' is larger than the file",
    ),
    "no checksum": (lambda h: h.update({"~sha": h.pop("~sha256")}), "no checksum ends it"),
}


@pytest.mark.bad_input(87)
@pytest.mark.parametrize("name", [name for name in MISPLACED if name != "exchanged with another of its size"])
def test_load__tensor_out_of_place__is_one_line(content: bytes, tmp_path: Path, name: str) -> None:
    header, body = parts(content)
    change, message = MISPLACED[name]
    change(header)

    assert message in refusal(tmp_path / "m", signed(header, body))


@pytest.mark.bad_input(87)
def test_load__key_that_is_there_twice__is_refused(content: bytes, tmp_path: Path) -> None:
    length = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + length].rstrip()
    twice = header[:-1] + b',"about":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'

    refused = refusal(tmp_path / "m", signed(twice, content[8 + length :]))
    assert refused == "is not a netable model: its header cannot be read."


@pytest.mark.bad_input(87)
def test_load__deep_header__is_refused_before_it_is_parsed(content: bytes, tmp_path: Path) -> None:
    text = b'{"a":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"
    (tmp_path / "m").write_bytes(struct.pack("<Q", len(text)) + text)

    with pytest.raises(ModelFileError, match="its header cannot be read"):
        load(tmp_path / "m")


# Writing


def test_save__more_parts_than_a_header_names__is_refused_before_it_is_written(
    regression_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_bytes, "MAX_HEADER_BYTES", 500)
    with pytest.raises(ModelFileError, match=r"^This model cannot be saved: .* of at most 500\."):
        save(regression_model, tmp_path / "m")

    assert not os.listdir(tmp_path)

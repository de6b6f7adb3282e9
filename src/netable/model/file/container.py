"""The bytes of a model file: complete, of the size in its header, with a checksum at the end.

Everything is checked before it is read or memory is allocated for it: the type of file, the length and nesting of the
header, the type, shape and place of each tensor, the total size. So endless files, or files that claim to be huge, cost
nothing.
"""

from __future__ import annotations

import hashlib
import math
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from netable.errors import FileError, MemoryShortage, ModelFileError, UserError, in_gigabytes
from netable.system.json import strict_json
from netable.system.machine import usable_memory

FORMAT_VERSION = 2
# A tensor takes about a hundred bytes of header; a model of one target has some tens of tensors, one of thousands of
# targets three more for each.
MAX_HEADER_BYTES = 10_000_000
HASH, HASH_BYTES = "~sha256", 32
# The header is a mapping of names to mappings, of lists at most.
_HEADER_DEPTH = 3
_MOST_DIMENSIONS = 4
# Bytes of each type of tensor that a model holds.
_DTYPES = {"F32": 4, "F64": 8, "I64": 8, "U8": 1}
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_ENTRY = {"dtype", "shape", "data_offsets"}
_FOREIGN = {
    b"PK\x03\x04": "a zip archive, perhaps a .pt file of PyTorch",
    b"\x89PNG": "a picture",
    b"PAR1": "a Parquet table",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
}


def seal(content: bytearray) -> None:
    """Write the checksum at the end of a file's content.

    Raises
    ------
    ModelFileError
        If its header is longer than readers accept.
    """
    length = int.from_bytes(content[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise ModelFileError(
            f"This model cannot be saved: it has more parts than a file names, in {length} bytes of at most "
            f"{MAX_HEADER_BYTES}. Train it for fewer targets, or with fewer stacks."
        )
    # Byte tensors come last, by name, so the hash ends the file.
    content[-HASH_BYTES:] = hashlib.sha256(memoryview(content)[:-HASH_BYTES]).digest()


def read_sealed(path: str | os.PathLike[str]) -> bytes:
    """The content of a model file of this format, complete and unaltered.

    Raises
    ------
    FileError
        If there is no such file, it cannot be read, or it is a folder, a pipe or a device.
    ModelFileError
        If it is not a model of ours, is damaged, or is of another format.
    MemoryShortage
        If it is larger than the machine's memory.
    """
    try:
        # Without waiting for a writer, if it is a pipe.
        with open(Path(path), "rb", opener=lambda name, flags: os.open(name, flags | _NO_WAIT)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise FileError(f"The model {path} cannot be read: it is a pipe or a device, not a file.")
            return _read(path, file, status.st_size)
    except UserError:
        raise
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"The model {path} cannot be read: {reason}.") from error


def _read(path: str | os.PathLike[str], file: BinaryIO, size: int) -> bytes:
    def refuse(why: str) -> NoReturn:
        raise ModelFileError(f"{path} {why}")

    start = file.read(10)
    length = int.from_bytes(start[:8], "little")
    if foreign := _foreign(start, length):
        refuse(foreign)
    if size < 8 + length:
        refuse("is cut short: its header is not complete.")
    file.seek(8)
    try:
        header = strict_json(file.read(length), deepest=_HEADER_DEPTH)
        metadata = header.pop("__metadata__", None)
        version = metadata.get("netable") if isinstance(metadata, dict) else None
    except (ValueError, AttributeError):
        refuse("is not a netable model: its header cannot be read.")
    if version is None:
        refuse("is a safetensors file, but not a netable model.")
    if str(version) != str(FORMAT_VERSION):
        remedy = "Train the model again." if _is_older(str(version)) else "Upgrade netable to load it."
        refuse(f"has format {str(version)[:20]!r}; this netable reads {FORMAT_VERSION}. {remedy}")
    if wrong := _misplaced(header):
        refuse(f"is not a netable model: {wrong}.")
    end = 8 + length + sum(_span(entry) for entry in header.values())
    if size < end:
        refuse(f"is cut short: {size} of {end} bytes are there.")
    if size > end:
        refuse(f"is damaged or was altered: it has {size} bytes, but its header describes {end}.")
    available = usable_memory()
    if available is not None and size > available:
        raise MemoryShortage(
            f"{path} takes {in_gigabytes(size)}, more than the memory that may be used here "
            f"({in_gigabytes(available)})."
        )
    file.seek(0)
    content = file.read(size)
    if hashlib.sha256(memoryview(content)[:-HASH_BYTES]).digest() != content[-HASH_BYTES:]:
        refuse("is damaged or was altered: its checksum does not match.")
    return content


def _foreign(start: bytes, length: int) -> str:
    """The reason to refuse a file by its first bytes, or ""."""
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            return f"is {what}, not a netable model."
    # A header's length may begin with the byte that every pickle does.
    if start[:1] == b"\x80" and start[8:9] != b"{":
        return "is a pickle. It could run any code; netable never loads one."
    if len(start) < 10 or start[8:9] != b"{":
        return "is not a netable model."
    if length > MAX_HEADER_BYTES:
        return f"claims a header of {length} bytes; a model's has at most {MAX_HEADER_BYTES}."
    return ""


def _is_older(version: str) -> bool:
    return version.isdecimal() and len(version) < 10 and int(version) < FORMAT_VERSION


def _misplaced(header: dict[str, Any]) -> str:
    """The reason to refuse the tensors of a header, or ""; they must follow each other without a gap."""
    for name, entry in header.items():
        if not isinstance(entry, dict) or entry.keys() != _ENTRY or not _is_whole(entry):
            return f"the header's entry {name[:80]!r} describes no valid tensor"
    places = sorted((entry["data_offsets"], name) for name, entry in header.items())
    reached = 0
    for (begin, end), name in places:
        if begin != reached:
            return f"the tensor {name[:80]!r} is not where the one before it ends"
        reached = end
    for name, entry in header.items():
        if max(entry["shape"], default=0) > reached:
            return f"the tensor {name[:80]!r} is larger than the file"
    if not places or places[-1][1] != HASH or _span(header[HASH]) != HASH_BYTES:
        return "no checksum ends it"
    return ""


def _is_whole(entry: dict[str, Any]) -> bool:
    """True if an entry has valid numbers, and the size of its shape."""
    shape, offsets = entry["shape"], entry["data_offsets"]
    for numbers in (shape, offsets):
        if not isinstance(numbers, list) or not all(type(n) is int and 0 <= n < 2**63 for n in numbers):
            return False
    if entry["dtype"] not in list(_DTYPES) or len(offsets) != 2 or len(shape) > _MOST_DIMENSIONS:
        return False
    return bool(_span(entry) == math.prod(shape) * _DTYPES[entry["dtype"]])


def _span(entry: dict[str, Any]) -> int:
    """Number of bytes of a tensor."""
    return int(entry["data_offsets"][1] - entry["data_offsets"][0])

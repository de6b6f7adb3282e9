"""Model files with impossible content and a correct checksum."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import struct
from typing import Any

import numpy as np

DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "U8": np.uint8}
# What stands for a value in JSON; those in angle brackets become texts that no writer of JSON gives.
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        7,
        2**31,
        2**53,
        2**63,
        2**64,
        10**30,
        0.5,
        -0.5,
        1e-300,
        1e308,
        -1e308,
    ),
    *(
        "",
        "auto",
        "x",
        "x" * 3000,
        "0.5",
        "nan",
        "\ud800",
        "\0",
        "a\nb",
        "as #",
        "decimal comma",
        "as $#",
        "number",
    ),
    *(
        "category",
        "date",
        "flag",
        "text",
        "timestamp",
        "mlp",
        "linear",
        "bins",
        "periodic",
        "log",
        "poisson",
        "none",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        [0],
        ["a"],
        ["a", "a"],
        ["a", "b"],
        {"a": 1},
        [1e308, -1e308],
        [0.0, 1.0],
        [[0.0, 1.0]],
    ),
    *(
        "<1e999>",
        "<NaN>",
        "<-Infinity>",
        "<" + "9" * 5000 + ">",
        "<" + "[" * 3000 + "]" * 3000 + ">",
        '<{"a":1,"a":2}>',
    ),
]
NUMBERS = [0.0, 1.0, -1.0, 0.5, 1e-30, 1e30, 3e38, 1e300, math.nan, math.inf, -math.inf, 9e18]


class Parts:
    """A file's tensors by name, as a type, a shape and bytes, and what it tells of itself."""

    def __init__(self, content: bytes) -> None:
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        self.metadata: Any = header.pop("__metadata__")
        body = content[8 + length :]
        self.tensors = {
            name: [entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])]]
            for name, entry in header.items()
        }
        del self.tensors["~sha256"]
        self.about: Any = json.loads(self.tensors.pop("about")[2])

    def written(self, data: Any) -> bytes:
        """The file, its header changed now and then."""
        text = json.dumps(self.about)
        while '"<' in text and '>"' in text:
            start = text.index('"<')
            end = text.index('>"', start)
            text = text[:start] + json.loads(text[start : end + 2])[1:-1] + text[end + 2 :]
        if data.ConsumeIntInRange(0, 30) == 30:
            text = _spoilt(text, data)
        about = text.encode("utf-8", "surrogatepass")
        tensors = self.tensors | {"about": ["U8", [len(about)], about]}
        order = sorted(tensors, key=lambda name: (-np.dtype(_dtype(tensors[name])).itemsize, name))
        header: dict[str, Any] = {"__metadata__": self.metadata}
        place = 0
        for name in [*order, "~sha256"]:
            dtype, shape, held = tensors.get(name, ["U8", [32], bytes(32)])
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + len(held)]}
            place += len(held)
        if data.ConsumeIntInRange(0, 10) == 10:
            _change_header(header, data)
        told = json.dumps(header).encode()
        told += b" " * (-len(told) % 8)
        start_of_file = struct.pack("<Q", len(told)) + told + b"".join(tensors[name][2] for name in order)
        return start_of_file + hashlib.sha256(start_of_file).digest()


def _dtype(tensor: list[Any]) -> Any:
    return DTYPES.get(str(tensor[0]), np.uint8)


def change_about(parts: Parts, data: Any) -> None:
    """Another value somewhere in what is told as JSON."""
    holder: Any = {"about": parts.about}
    key: Any = "about"
    while isinstance(holder[key], dict | list) and holder[key] and data.ConsumeIntInRange(0, 9):
        holder = holder[key]
        keys = list(holder) if isinstance(holder, dict) else range(min(len(holder), 6))
        key = data.PickValueInList(list(keys))
    how = data.ConsumeIntInRange(0, 9)
    if how < 5:
        holder[key] = copy.deepcopy(data.PickValueInList(VALUES))
    elif how == 5 and isinstance(holder, dict):
        holder[data.PickValueInList([*map(str, holder), "other", ""])] = holder.pop(key)
    elif how == 6:
        del holder[key]
    elif how == 7 and isinstance(holder, list):
        holder.extend(copy.deepcopy([holder[key]]) * data.PickValueInList([1, 2, 1000]))
    elif how == 8 and isinstance(holder[key], int | float):
        holder[key] = holder[key] * data.PickValueInList([-1, 2, 1000, 1e300, 0]) + data.PickValueInList(
            [0, 1, -1]
        )
    else:
        holder[key] = data.PickValueInList([holder[key], [holder[key]], {"a": holder[key]}, str(holder[key])])
    parts.about = holder["about"] if "about" in holder and len(holder) == 1 else parts.about


def change_tensor(parts: Parts, data: Any) -> None:
    """Another type, shape, value or name of a tensor."""
    name = data.PickValueInList(sorted(parts.tensors))
    tensor = parts.tensors[name]
    how = data.ConsumeIntInRange(0, 9)
    if how == 0:
        parts.tensors[data.PickValueInList([name + "x", "net.more", "about2", "scale.shift", ""])] = (
            parts.tensors.pop(name)
        )
    elif how == 1:
        del parts.tensors[name]
    elif how == 2:
        other: str = data.PickValueInList(sorted(parts.tensors))
        parts.tensors[name], parts.tensors[other] = parts.tensors[other], tensor
    elif how == 3:
        tensor[0] = data.PickValueInList([*DTYPES, "BF16", "BOOL", "I32", "OBJECT", 1, None, ["F32"]])
    elif how == 4:
        _reshape(tensor, data)
    else:
        _revalue(tensor, data, how)


def _reshape(tensor: list[Any], data: Any) -> None:
    shape = list(tensor[1])
    place = data.ConsumeIntInRange(0, max(len(shape) - 1, 0))
    size = data.PickValueInList([0, 1, 2, 3, 5, 129, 1000, 10**6, 10**9, 2**40, 2**63, -1])
    shape[place : place + 1] = data.PickValueInList(
        [[size], [], [1, *shape[place : place + 1]], [size, size]]
    )
    tensor[1] = shape
    wanted = math.prod(shape) * np.dtype(_dtype(tensor)).itemsize
    if 0 <= wanted < 1_000_000 and data.ConsumeIntInRange(0, 4):
        tensor[2] = (tensor[2] * (wanted // max(len(tensor[2]), 1) + 1))[:wanted].ljust(wanted, b"\0")


def _revalue(tensor: list[Any], data: Any, how: int) -> None:
    kind = _dtype(tensor)
    values = np.frombuffer(
        tensor[2][: len(tensor[2]) // np.dtype(kind).itemsize * np.dtype(kind).itemsize], kind
    ).copy()
    if not len(values):
        return
    with np.errstate(all="ignore"):
        new = np.array(data.PickValueInList(NUMBERS)).astype(kind)
    where = data.ConsumeIntInRange(0, len(values) - 1)
    if how < 7:
        values[where] = new
    elif how == 7:
        values[:] = new
    elif how == 8:
        values[:] = values[::-1]
    else:
        values[where] = values[data.ConsumeIntInRange(0, len(values) - 1)]
    tensor[2] = values.tobytes()


def _change_header(header: dict[str, Any], data: Any) -> None:
    name = data.PickValueInList(sorted(header))
    entry = header[name]
    if not isinstance(entry, dict) or "data_offsets" not in entry or not data.ConsumeIntInRange(0, 3):
        header[name] = data.PickValueInList(
            [*VALUES[:8], {"netable": 2}, {"netable": ["2"]}, {"format": "pt"}, {}, []]
        )
        return
    what = data.PickValueInList(["dtype", "shape", "data_offsets"])
    entry[what] = data.PickValueInList(
        [0, [], [0], [0, 8], [8, 0], [-8, 0], [0, 2**62], [2**64, 2**65], "x", None, [0.0, 8.0]]
    )
    if data.ConsumeBool():
        entry[data.PickValueInList(["more", "shape"])] = entry.pop(what)


def _spoilt(text: str, data: Any) -> str:
    place = data.ConsumeIntInRange(0, len(text) - 1)
    other: str = data.PickValueInList(['"', "\\", "{", "]", ",", "\\ud800", "\x00", "é", "1e999", ""])
    return text[:place] + other + text[place + 1 :]

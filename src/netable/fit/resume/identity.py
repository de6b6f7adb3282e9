"""The inputs of a fit in brief, so that changes since can be named."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device, find_precision
from netable.config.settings import Settings
from netable.model.model import Model
from netable.system.machine import version_of
from netable.system.wording import counted
from netable.table.target import Target

# Packages that determine the bits of a result, besides netable.
_PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "pyarrow", "duckdb")

Identity = dict[str, Any]


def identify(
    table: pa.Table,
    settings: Settings,
    valid_table: pa.Table | None = None,
    weight: NDArray[np.floating] | None = None,
    valid_weight: NDArray[np.floating] | None = None,
    start: Model | None = None,
    target: Target | None = None,
) -> Identity:
    """Everything that determines the result of a fit, as plain values; see `netable.fit.fit.fit` for the arguments."""
    return {
        **made_by(),
        "device": find_device(settings.device).type,
        "precision": find_precision(settings.precision),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "config": json.loads(json.dumps(settings.to_dict(), default=str)),
        "table": _describe(table),
        "valid_table": None if valid_table is None else _describe(valid_table),
        "weight": None if weight is None else hash_of([np.ascontiguousarray(weight)]),
        "valid_weight": None if valid_weight is None else hash_of([np.ascontiguousarray(valid_weight)]),
        "start": None if start is None else _hash_net(start),
        "target": None if target is None else target.to_dict(),
    }


def made_by() -> Identity:
    """The versions and the code that determine the bits of a result."""
    return {
        "netable": version_of("netable"),
        "code": _hash_code(),
        "python": platform.python_version(),
        "packages": {name: version_of(name) for name in _PACKAGES},
    }


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Differences, the most important first, such as "lr was 0.003, is 0.01"."""
    differences = asked_changes(before, now)
    differences += _value_changes(before, now, ("device", "precision", "netable", "python"))
    differences += _value_changes(before.get("packages"), now["packages"])
    if before.get("code") != now["code"] and before.get("netable") == now["netable"]:
        differences.append(f"the code of netable {now['netable']} has changed")
    return differences


def asked_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Differences of tables, weights and settings alone."""
    differences = _table_changes("the table", before.get("table"), now["table"])
    differences += _table_changes("the validation table", before.get("valid_table"), now["valid_table"])
    for name, what in (
        ("weight", "the weights"),
        ("valid_weight", "the weights of validation"),
        ("start", "what training begins with"),
        ("target", "what is known of the target"),
        ("stored", "the rows beside the sample"),
    ):
        if before.get(name) != now.get(name):
            differences.append(f"{what} changed")
    return differences + _value_changes(before.get("config"), now["config"])


def milder_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Differences that change only the last digits of the result."""
    return _value_changes(before, now, ("threads", "processor"))


def _value_changes(before: Any, now: Mapping[str, Any], names: Iterable[str] | None = None) -> list[str]:
    known = before if isinstance(before, Mapping) else {}
    return [
        f"{name} was {known.get(name)!r}, is {now[name]!r}"
        for name in names or now
        if known.get(name) != now[name]
    ]


def _table_changes(what: str, before: Any, now: Any) -> list[str]:
    """The most important difference of two tables, if any."""
    if before == now:
        return []
    if not isinstance(before, Mapping) or now is None:
        return [f"{what} is gone" if before else f"{what} is new"]
    rows = now["rows"] - before["rows"]
    if rows:
        return [f"{what} has {counted(abs(rows), 'row')} {'more' if rows > 0 else 'fewer'}"]
    columns, known = now["columns"], before["columns"]
    gone, new = [n for n in known if n not in columns], [n for n in columns if n not in known]
    altered = [name for name in columns if name in known and columns[name] != known[name]]
    for names, how in ((gone, "no longer has"), (new, "also has now"), (altered, "has other values in")):
        if names:
            return [f"{what} {how} {', '.join(map(repr, names[:3]))}{', …' if len(names) > 3 else ''}"]
    return [f"{what} has its columns in another order"]


def _describe(table: pa.Table) -> dict[str, Any]:
    columns = {name: _hash_column(table.column(name)) for name in table.column_names}
    return {"rows": table.num_rows, "columns": columns, "order": table.column_names}


def _hash_column(column: pa.ChunkedArray) -> str:
    """A hash of the values that does not depend on chunks, nor on memory behind missing values."""
    parts: list[Any] = [str(column.type).encode()]
    if pa.types.is_string(column.type):
        column = column.cast(pa.large_string())  # which one chunk holds any amount of
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(array.type):
        parts.append(_hash_column(pa.chunked_array([array.dictionary])).encode())
        array = array.indices
    parts.append(np.packbits(array.is_null().to_numpy(zero_copy_only=False)))
    array = array.drop_null()
    if pa.types.is_large_string(array.type):
        parts.append(pc.binary_length(array).to_numpy(zero_copy_only=False))
        together = pa.ListArray.from_arrays(pa.array([0, len(array)], pa.int32()), array)
        parts.append(pc.binary_join(together, pa.scalar("", pa.large_string()))[0].as_buffer())
    else:
        parts.append(array.to_numpy(zero_copy_only=False).tobytes())
    return hash_of(parts)


def _hash_net(model: Model) -> str:
    return hash_of(
        part
        for name, tensor in model.net.state_dict().items()
        for part in (name.encode(), tensor.detach().cpu().numpy().tobytes())
    )


@cache
def _hash_code() -> str:
    """A hash of netable's source files, computed once: the version number is the same between releases."""
    package = Path(__file__).parents[2]
    return hash_of(
        part
        for path in sorted(package.rglob("*.py"))
        for part in (os.fsencode(path.relative_to(package)), path.read_bytes())
    )


def hash_of(parts: Iterable[Any]) -> str:
    """A hash of buffers."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()

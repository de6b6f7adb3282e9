"""The inputs of a fit in brief, so that changes since can be named."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
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
from netable.table.target import Target

# Packages that determine the bits of a result, besides netable.
_PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "pyarrow", "duckdb")
# A resumed fit may use other threads or another processor; then the last digits differ.
_MAY_DIFFER = ("threads", "processor")

Identity = dict[str, Any]


def identify(
    table: pa.Table,
    config: Settings,
    valid_table: pa.Table | None = None,
    weight: NDArray[np.floating] | None = None,
    valid_weight: NDArray[np.floating] | None = None,
    start: Model | None = None,
    target: Target | None = None,
) -> Identity:
    """Everything that determines the result of a fit, as plain values; see `netable.fit.fit.fit` for the arguments."""
    return {
        "netable": version("netable"),
        "code": _hash_code(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "device": find_device(config.device).type,
        "precision": find_precision(config.precision),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "config": config.to_dict(),
        "table": _describe(table),
        "valid_table": None if valid_table is None else _describe(valid_table),
        "weight": _hash_array(weight),
        "valid_weight": _hash_array(valid_weight),
        "start": None if start is None else _hash_net(start),
        "target": None if target is None else repr(target),
    }


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Differences, the most important first, such as "lr was 0.003, is 0.01"."""
    differences = asked_changes(before, now)
    for name in ("device", "precision", "netable", "python"):
        differences += _value_changes({name: before.get(name)}, {name: now[name]})
    differences += _value_changes(before.get("packages"), now["packages"])
    if before.get("code") != now["code"] and before.get("netable") == now["netable"]:
        differences.append(f"the code of netable {now['netable']} is not what it was")
    return differences


def asked_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Differences of tables, weights and settings alone."""
    differences = [*_table_changes("the table", before.get("table"), now["table"])]
    differences += _table_changes("the validation table", before.get("valid_table"), now["valid_table"])
    for name, what in (
        ("weight", "the weights"),
        ("valid_weight", "the weights of validation"),
        ("start", "what training begins with"),
        ("target", "what is known of the target"),
    ):
        differences += [f"{what} changed"] if before.get(name) != now[name] else []
    return [
        *differences,
        *_value_changes(before.get("config"), json.loads(json.dumps(now["config"], default=str))),
    ]


def milder_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Differences that change only the last digits of the result."""
    return [
        change
        for name in _MAY_DIFFER
        for change in _value_changes({name: before.get(name)}, {name: now[name]})
    ]


def _value_changes(before: Any, now: Mapping[str, Any]) -> Iterator[str]:
    known = before if isinstance(before, Mapping) else {}
    for name, value in now.items():
        if known.get(name) != value:
            yield f"{name} was {known.get(name)!r}, is {value!r}"


def _table_changes(what: str, before: Any, now: Any) -> Iterator[str]:
    if before == now:
        return
    if not isinstance(before, Mapping) or now is None:
        yield f"{what} is new" if not before else f"{what} is gone"
        return
    rows = now["rows"] - before["rows"]
    if rows:
        yield f"{what} has {abs(rows)} row{'s' * (abs(rows) != 1)} {'more' if rows > 0 else 'fewer'}"
        return
    columns, known = now["columns"], before["columns"]
    gone, new = [n for n in known if n not in columns], [n for n in columns if n not in known]
    altered = [name for name in columns if name in known and columns[name] != known[name]]
    for names, how in ((gone, "no longer has"), (new, "also has now"), (altered, "has other values in")):
        if names:
            yield f"{what} {how} {', '.join(map(repr, names[:3]))}{', …' if len(names) > 3 else ''}"
            return
    yield f"{what} has its columns in another order"


def _describe(table: pa.Table) -> dict[str, Any]:
    columns = {name: _hash_column(table.column(name)) for name in table.column_names}
    return {"rows": table.num_rows, "columns": columns, "order": table.column_names}


def _hash_column(column: pa.ChunkedArray) -> str:
    """A hash of the values that does not depend on chunks, nor on memory behind missing values."""
    kind = str(column.type)
    if pa.types.is_string(column.type):
        column = column.cast(pa.large_string())  # which one chunk holds any amount of
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], column.type)
    digest = hashlib.blake2b(kind.encode(), digest_size=16)
    if pa.types.is_dictionary(array.type):
        digest.update(_hash_column(pa.chunked_array([array.dictionary])).encode())
        array = array.indices
    digest.update(np.packbits(array.is_null().to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_large_string(array.type):
        array = array.drop_null()
        digest.update(pc.binary_length(array).to_numpy(zero_copy_only=False).tobytes())
        together = pa.ListArray.from_arrays(pa.array([0, len(array)], pa.int32()), array)
        digest.update(pc.binary_join(together, pa.scalar("", pa.large_string()))[0].as_buffer())
    else:
        digest.update(array.drop_null().to_numpy(zero_copy_only=False).tobytes())
    return digest.hexdigest()


def _hash_array(array: NDArray[np.floating] | None) -> str | None:
    if array is None:
        return None
    return hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).hexdigest()


def _hash_net(model: Model) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in model.net.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


@cache
def _hash_code() -> str:
    """A hash of netable's source files, computed once: the version number is the same between releases."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).parents[2]
    for path in sorted(package.rglob("*.py")):
        digest.update(os.fsencode(path.relative_to(package)))
        digest.update(path.read_bytes())
    return digest.hexdigest()

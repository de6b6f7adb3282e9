"""A reference as arrays and a record for files, and back from files, with sizes and values checked; without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.model.guard.joint import MOST_FEATURES, Joint
from netable.model.guard.layout import Layout
from netable.model.guard.reference import Reference
from netable.model.guard.scales import KNOTS, Scales
from netable.table.encode import Encoder
from netable.table.target import Target

Arrays = Mapping[str, NDArray[Any]]
# The names of all arrays begin so.
PREFIX = "reference."
_SCALES, _DISTANCES, _JOINT = "reference.scales", "reference.distances", "reference.joint"
_OUTCOMES, _ERRORS = "reference.outcomes", "reference.errors"
_RECORDED = ("rows", "sampled", "reach", "limit")


def reference_arrays(reference: Reference) -> dict[str, NDArray[Any]]:
    """What a file holds of a reference, beside `reference_record`."""
    parts: dict[str, Scales | Joint] = {
        _SCALES: reference.scales,
        _DISTANCES: reference.distances,
        _JOINT: reference.joint,
    }
    if reference.judged:
        parts |= {_OUTCOMES: reference.judged.outcomes, _ERRORS: reference.judged.errors}
    arrays = {
        f"{prefix}.{name}": array for prefix, part in parts.items() for name, array in part._asdict().items()
    }
    return arrays | {"reference.levels": reference.levels}


def reference_record(reference: Reference) -> dict[str, Any]:
    """The numbers of a reference that are no arrays."""
    judged = reference.judged.rows if reference.judged else 0
    return {name: getattr(reference, name) for name in _RECORDED} | {"judged": judged}


def reference_from(
    arrays: Arrays, record: Any, encoder: Encoder, target: Target, dtype: np.dtype[Any]
) -> Reference | None:
    """The reference that a file holds; None for files of versions that kept none, and models without one.

    Parameters
    ----------
    dtype : numpy dtype
        The precision of the networks' inputs.

    Raises
    ------
    ValueError, TypeError, LookupError
        If it is not one of this encoder's columns.
    """
    if record is None:
        return None
    layout = Layout.of(encoder)
    rows, sampled, reach, limit = (record[name] for name in _RECORDED)
    if type(rows) is not int or type(sampled) is not int or not 0 < sampled <= rows < 2**63:
        raise ValueError(f"a reference of {sampled!r} of {rows!r} rows")
    reach, limit = float(reach), float(limit)
    if not (0 <= reach < np.inf and 0 <= limit < np.inf):
        raise ValueError(f"a reference that reaches {reach} and {limit}")
    return Reference(
        layout,
        rows,
        sampled,
        _scales(arrays, _SCALES, len(layout.scales), dtype),
        _shares(arrays, "reference.levels", (int(layout.starts[-1]),)),
        _joint(arrays, len(layout.scales) + int(layout.starts[-1])),
        _scales(arrays, _DISTANCES, 1),
        reach,
        limit,
        _judged(arrays, record.get("judged", 0), target),
    )


def _judged(arrays: Arrays, rows: Any, target: Target) -> Any:
    if type(rows) is not int or not 0 <= rows < 2**63:
        raise ValueError(f"a reference of {rows!r} judged rows")
    if not rows:
        return None
    from netable.model.guard.judged import Judged  # it loads torch

    outcomes = _scales(arrays, _OUTCOMES, target.width)
    return Judged(rows, outcomes, _scales(arrays, _ERRORS, len(target.names)))


def _scales(arrays: Arrays, prefix: str, count: int, dtype: Any = np.float32) -> Scales:
    values = _numbers(arrays, f"{prefix}.values", (count, KNOTS), dtype)
    up_to = _shares(arrays, f"{prefix}.up_to", (count, KNOTS))
    if (np.diff(values) < 0).any() or (np.diff(up_to) < 0).any():
        raise ValueError(f"the values of {prefix} are not in order")
    if not (up_to[:, -1] == 1).all():
        raise ValueError(f"the shares of {prefix} are not of all rows")
    return Scales(values, up_to, _shares(arrays, f"{prefix}.missing", (count,)))


def _joint(arrays: Arrays, candidates: int) -> Joint:
    k = len(arrays[f"{_JOINT}.features"])
    if k > MOST_FEATURES:
        raise ValueError(f"a reference of {k} features")
    features = _numbers(arrays, f"{_JOINT}.features", (k,), np.int64)
    parts = (("center", (k,)), ("spread", (k,)), ("precision", (k, k)))
    center, spread, precision = (_numbers(arrays, f"{_JOINT}.{name}", shape) for name, shape in parts)
    if any(not 0 <= feature < candidates for feature in features.tolist()):
        raise ValueError("a feature of a reference does not exist")
    if not ((spread > 0).all() and (precision.diagonal() > 0).all()):
        raise ValueError("a reference with features that do not vary")
    return Joint(features, center, spread, precision)


def _shares(arrays: Arrays, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    shares = _numbers(arrays, name, shape)
    if ((shares < 0) | (shares > 1)).any():
        raise ValueError(f"{name} is not of shares")
    return shares


def _numbers(arrays: Arrays, name: str, shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray[Any]:
    """An array of this shape and type, of finite numbers."""
    array = arrays[name]
    if array.shape != shape:
        raise ValueError(f"{name} has the shape {array.shape}, not {shape}")
    if array.dtype != dtype or not np.isfinite(array).all():
        raise ValueError(f"{name} is not of finite numbers in {np.dtype(dtype)}")
    return array

"""The reference of a model file, from tensors whose sizes and values are checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from netable.model.file.networks import check_numbers, check_shape
from netable.model.guard.joint import MOST_FEATURES, Joint
from netable.model.guard.layout import Layout
from netable.model.guard.reference import Reference
from netable.model.guard.scales import KNOTS, Scales
from netable.table.encode import Encoder

_SCALES, _DISTANCES, _JOINT = "reference.scales", "reference.distances", "reference.joint"
_RECORDED = ("rows", "sampled", "reach", "limit")


def reference_tensors(reference: Reference) -> dict[str, Tensor]:
    """What a model file holds of a reference, beside `reference_record`."""
    arrays = {
        f"{prefix}.{name}": array
        for prefix, part in (
            (_SCALES, reference.scales),
            (_DISTANCES, reference.distances),
            (_JOINT, reference.joint),
        )
        for name, array in part._asdict().items()
    }
    return {
        name: torch.tensor(array) for name, array in (arrays | {"reference.levels": reference.levels}).items()
    }


def reference_record(reference: Reference) -> dict[str, Any]:
    """The numbers of a reference that are no tensors."""
    return {name: getattr(reference, name) for name in _RECORDED}


def reference_from(
    tensors: dict[str, Tensor], record: Any, encoder: Encoder, dtype: torch.dtype
) -> Reference | None:
    """The reference that a model file holds; None for files of versions that kept none, and models without one.

    Parameters
    ----------
    dtype : torch.dtype
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
    check_shape(tensors, "reference.levels", (int(layout.starts[-1]),), may_be_empty=True)
    _check_shares(tensors, "reference.levels")
    return Reference(
        layout,
        rows,
        sampled,
        _scales(tensors, _SCALES, len(layout.scales), dtype),
        tensors["reference.levels"].numpy(),
        _joint(tensors, len(layout.scales) + int(layout.starts[-1])),
        _scales(tensors, _DISTANCES, 1, torch.float32),
        reach,
        limit,
    )


def _scales(tensors: dict[str, Tensor], prefix: str, count: int, dtype: torch.dtype) -> Scales:
    values, up_to, missing = (f"{prefix}.{name}" for name in Scales._fields)
    for name, shape in ((values, (count, KNOTS)), (up_to, (count, KNOTS)), (missing, (count,))):
        check_shape(tensors, name, shape, may_be_empty=True)
    check_numbers(tensors, values, dtype)
    for name in (up_to, missing):
        _check_shares(tensors, name)
    if bool((tensors[values].diff() < 0).any() or (tensors[up_to].diff() < 0).any()):
        raise ValueError(f"the values of {prefix} are not in order")
    if not bool((tensors[up_to][:, -1] == 1).all()):
        raise ValueError(f"the shares of {prefix} are not of all rows")
    return Scales(*(tensors[name].numpy() for name in (values, up_to, missing)))


def _joint(tensors: dict[str, Tensor], candidates: int) -> Joint:
    features, center, spread, precision = (f"{_JOINT}.{name}" for name in Joint._fields)
    k = len(tensors[features])
    if k > MOST_FEATURES:
        raise ValueError(f"a reference of {k} features")
    for name, shape in ((features, (k,)), (center, (k,)), (spread, (k,)), (precision, (k, k))):
        check_shape(tensors, name, shape, may_be_empty=True)
    check_numbers(tensors, features, torch.int64)
    for name in (center, spread, precision):
        check_numbers(tensors, name, torch.float32)
    if any(not 0 <= feature < candidates for feature in tensors[features].tolist()):
        raise ValueError("a feature of a reference does not exist")
    if not bool((tensors[spread] > 0).all() and (tensors[precision].diagonal() > 0).all()):
        raise ValueError("a reference with features that do not vary")
    return Joint(*(tensors[name].numpy() for name in (features, center, spread, precision)))


def _check_shares(tensors: dict[str, Tensor], name: str) -> None:
    check_numbers(tensors, name, torch.float32)
    if bool(((tensors[name] < 0) | (tensors[name] > 1)).any()):
        raise ValueError(f"{name} is not of shares")

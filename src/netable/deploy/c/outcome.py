"""From the outputs of all members to labels, probabilities and intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from netable.deploy.c.source import Source, number
from netable.model.intervals import Ends
from netable.table.target import Target
from netable.train import Objective, TargetScale

# As `netable.model.intervals.UNITS`.
_UNITS = {
    "own": ("{}", "{}"),
    "log": ("logarithm({})", "raised({})"),
    "log1p": ("log1p({})", "not_negative(raised({}) - 1)"),
    "root": ("sqrt({})", "square({})"),
}


def mean_lines(
    source: Source, objective: Objective, weights: NDArray[np.float64], d_out: int, width: int
) -> Iterator[str]:
    """Lines that make of the array `output`, `d_out` of each member, the weighted mean of predictions, `mean`."""
    table = source.table("weights", weights)
    yield f"for (m = 0; m < {len(weights)}; m++) {{"
    yield f"    double y[{width}];"
    yield ""
    temperature = number(objective.temperature)
    if objective.task == "binary":
        yield f"    two_probabilities(output + m, {temperature}, y);"
    elif objective.task == "multiclass":
        yield f"    probabilities(output + m * {d_out}, {d_out}, {temperature}, y);"
    else:
        yield from (f"    {line}" for line in _restored(source, objective, d_out))
    yield f"    for (i = 0; i < {width}; i++)"
    yield f"        mean[i] += {table}[m] * y[i];"
    yield "}"


def _restored(source: Source, objective: Objective, d_out: int) -> Iterator[str]:
    """A regression's outputs in units of the target, as `netable.train.scale` has them."""
    scale = objective.scale
    yield f"for (i = 0; i < {d_out}; i++) {{"
    yield f"    int place = m * {d_out} + i;"
    yield ""
    yield "    y[i] = output[place];"
    if objective.loss == "poisson":
        yield "    y[i] = raised(y[i]);"
        if scale is not None:
            yield f"    y[i] *= {_table(source, 'center', scale.center)}[place];"
    elif scale is not None:
        center, deviation = (_table(source, name, getattr(scale, name)) for name in ("center", "deviation"))
        yield f"    y[i] = y[i] * {deviation}[place] + {center}[place];"
        yield from _without_logarithm(source, scale)
    if scale is not None and scale.lowest is not None and scale.highest is not None:
        bounds = (_table(source, name, getattr(scale, name)) for name in ("lowest", "highest"))
        yield f"    y[i] = limited(y[i], {', '.join(f'{bound}[place]' for bound in bounds)});"
    yield "}"


def _without_logarithm(source: Source, scale: TargetScale) -> Iterator[str]:
    if scale.shift is None:
        return
    smearing = "" if scale.smearing is None else f" * {_table(source, 'smearing', scale.smearing)}[place]"
    shift = _table(source, "shift", scale.shift)
    yield f"    y[i] = not_negative(raised(y[i]){smearing} - {shift}[place]);"


def label_lines(source: Source, target: Target) -> Iterator[str]:
    """Lines that set the label and the probabilities of an outcome from the array `mean`."""
    labels = target.decode(np.arange(len(target.labels)))
    table = (
        source.texts("classes", labels.tolist())
        if labels.dtype.kind == "O"
        else source.table("classes", labels.astype(np.float64 if labels.dtype.kind == "f" else np.int64))
    )
    yield "m = 0;"
    yield f"for (i = 0; i < {len(labels)}; i++) {{"
    yield "    outcome->probabilities[i] = mean[i];"
    yield "    if (mean[i] > mean[m])"
    yield "        m = i;"
    yield "}"
    yield f"outcome->prediction = {table}[m];"


def number_lines(source: Source, width: int, ends: Sequence[Ends]) -> Iterator[str]:
    """Lines that set the predictions of an outcome, and their intervals, from the array `mean`."""
    for i in range(width):
        at = f"[{i}]" if width > 1 else ""
        yield f"outcome->prediction{at} = mean[{i}];"
        if ends:
            yield from _interval(source, ends[i], i, at)


def _interval(source: Source, ends: Ends, place: int, at: str) -> Iterator[str]:
    forward, back = _UNITS[ends.unit]
    value, count = forward.format(f"mean[{place}]"), len(ends.centers)
    centers = source.table(f"centers_{place}", np.asarray(ends.centers, np.float64))
    for name, errors in (("lower", ends.low), ("upper", ends.high)):
        table = source.table(f"{name}_{place}", np.asarray(errors, np.float64))
        moved = f"{value} + interpolated({value}, {centers}, {table}, {count})"
        yield f"outcome->{name}{at} = {back.format(moved)};"


def label_type(target: Target) -> str:
    """The C type of a label."""
    kinds: dict[str, str] = {
        "object": "const char *",
        "float64": "double ",
        "int64": "int64_t ",
        "bool": "int64_t ",
    }
    return kinds[target.label_dtype]


def _table(source: Source, name: str, tensor: Tensor) -> str:
    values: NDArray[Any] = tensor.cpu().numpy().astype(np.float64)
    return source.table(name, values)

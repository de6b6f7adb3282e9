"""Types of the records in a model file, checked on loading, so that no later code has to check them."""

from __future__ import annotations

import math
from functools import cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Never,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from netable.config.choices import MOST_SEEDS
from netable.config.settings import config_from
from netable.model.asked import Asked
from netable.table.target import Target
from netable.train import Epoch, History, Reading
from netable.train.history import Ending


def _is_coverage(text: str) -> bool:
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False


# The second argument of `Annotated` is a condition on the value.
_Count = Annotated[int, lambda n: 0 <= n < 2**63]
_Seed = Annotated[int, lambda n: 0 <= n < MOST_SEEDS]
_Number = Annotated[int, lambda n: abs(n) < 2**63] | Annotated[float, math.isfinite]
_Metric = _Number | None  # None for NaN
_Metrics = dict[str, _Metric]
_OneOrMore = _Metric | Annotated[list[_Metric], bool]  # several targets
_Coverage = Annotated[str, _is_coverage]


class _Epoch(TypedDict):
    epoch: _Count
    train_loss: list[_Metric]
    valid_loss: list[_Metric]
    lr: _Number
    seconds: _Number
    max_epochs: _Count
    stack: _Count


class _Reading(TypedDict):
    epoch: _Count
    step: _Count
    loss: list[_Metric]
    gradient_norms: _Metrics
    lengths: list[_Metric]
    dead: _Metrics
    saturated: _Metrics
    stack: _Count


class _Tables(TypedDict):
    epochs: list[list[Any]]
    readings: list[list[Any]]


class _History(TypedDict):
    ending: Ending
    best_epochs: list[_Count]
    judged_members: list[_Count]
    constant_loss: _Metric
    first_ratio: _Metric
    keeps_best: bool
    activation: str
    endings: list[Ending]


class _Stack(TypedDict):
    embedding: str
    hidden_layer_sizes: list[_Count]
    activation: str
    dropout: _Number
    lr: _Number
    weight_decay: _Number
    weight: _Number


class _Interval(TypedDict):
    coverage: _OneOrMore
    mean_width: _OneOrMore


class _Linear(TypedDict):
    rows: _Count
    learned_rows: _Count
    linear: _Metrics
    netable: _Metrics


_Verdict = TypedDict("_Verdict", {"id": str, "severity": str, "seen": str, "why": str, "try": str})


class _Results(TypedDict, total=False):
    rows: _Count
    columns: _Count
    epochs: _Count
    members: _Count
    threads: _Count
    seed: _Seed
    fit_seconds: _Number
    precision: str
    valid: _Metrics
    baseline: _Metrics
    versions: dict[str, str]
    intervals: dict[_Coverage, _Interval]
    stacks: list[_Stack]
    linear: _Linear | dict[str, Never]  # {} if not measured
    diagnosis: list[_Verdict]
    no_time_for: list[str]


_LabelDtype = Literal[
    "", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "str", "object",
]  # fmt: skip


class _Asked(TypedDict):
    settings: dict[str, Any]
    has_names: bool
    label_dtype: _LabelDtype
    random_state: _Count | None
    warm_start: bool
    verbose: _Count


def asked_from(plain: Any, target: Target) -> Asked | None:
    """The inputs of the fit that a model file holds; None for files of versions that did not store them.

    Raises
    ------
    ValueError, TypeError
        If they are not the inputs of a fit of this target.
    """
    if plain is None:
        return None
    _require(plain, "inputs of the fit", _Asked)
    asked = Asked(**plain | {"settings": config_from(plain["settings"], source="the model file")})
    labels = asked.classes(target).astype(target.label_dtype).tolist()
    if set(labels) != set(target.labels) or (asked.label_dtype and not labels):
        raise ValueError(f"its labels cannot be of the type {asked.label_dtype}")
    return asked


def history_from(plain: Any, stacks: int) -> History:
    """The history that a model file holds.

    Parameters
    ----------
    stacks : int
        Stacks of the model.

    Raises
    ------
    ValueError, TypeError
        If training could not have left it.
    """
    _require(plain, "history", _Tables)
    epochs = [Epoch(*epoch) for epoch in plain["epochs"]]
    readings = [Reading(*reading) for reading in plain["readings"]]
    history = History(**plain | {"epochs": epochs, "readings": readings})
    _require(vars(history), "history", _History)
    members: dict[int, int] = {}
    for epoch in epochs:
        _require(epoch._asdict(), "epoch", _Epoch)
        count, parts = len(epoch.train_loss), len(epoch.valid_loss)
        if epoch.stack >= stacks or not count or members.setdefault(epoch.stack, count) != count:
            raise ValueError("its epochs are not those of its networks")
        if parts not in (0, len(history.judged_members)):  # none after `partial_fit`
            raise ValueError(f"{parts} held-out parts measure {len(history.judged_members)} members")
    layers: dict[int, list[str]] = {}
    for reading in readings:
        _require(reading._asdict(), "reading", _Reading)
        names = list(reading.gradient_norms)
        if reading.stack >= stacks or layers.setdefault(reading.stack, names) != names:
            raise ValueError("its readings are not those of its networks")
    return history


def results_from(results: Any, stacks: int) -> dict[str, Any]:
    """The results that a model file holds, for so many stacks.

    Keys that this version does not know are not checked: only `inspect --json` shows them.

    Raises
    ------
    ValueError
        If a known part is not of its type.
    """
    if not isinstance(results, dict):
        raise ValueError("its results are no mapping")
    for name, type_ in _hints(_Results).items():
        if name in results:
            _require(results[name], name, type_)
    if "rows" not in results:
        raise ValueError("its results have no rows")
    valid, baseline = results.get("valid", {}), results.get("baseline", {})
    if not valid.keys() <= baseline.keys():
        raise ValueError("its metrics have no constant beside them")
    if len(results.get("stacks", [])) not in (0, stacks):
        raise ValueError(f"its results are of {len(results['stacks'])} stacks, not of {stacks}")
    return results


@cache
def _hints(type_: type) -> dict[str, Any]:
    return get_type_hints(type_, include_extras=True)


def _require(value: Any, name: str, type_: Any) -> None:
    if not _is_a(type_, value):
        raise ValueError(f"its {name.replace('_', ' ')} cannot be {value!r:.80}")


def _is_a(type_: Any, value: Any) -> bool:
    """True if a plain value is of a type; a mapping may have more keys than its `TypedDict`."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType):
        return any(_is_a(part, value) for part in arguments)
    if origin is Literal:
        return value in arguments
    if origin is Annotated:
        plain, condition = arguments
        return _is_a(plain, value) and bool(condition(value))
    if origin is list:
        return isinstance(value, list) and all(_is_a(arguments[0], part) for part in value)
    if origin is dict:
        keys, values = arguments
        return isinstance(value, dict) and all(_is_a(keys, k) and _is_a(values, v) for k, v in value.items())
    if is_typeddict(type_):
        hints = _hints(type_)
        return isinstance(value, dict) and all(k in value and _is_a(hints[k], value[k]) for k in hints)
    return type_ is Any or type(value) is type_

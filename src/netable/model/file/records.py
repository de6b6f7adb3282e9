"""What a model file tells of its training, checked: nothing that shows it later has to doubt it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, get_args

from netable.config.choices import MOST_SEEDS
from netable.train import Epoch, History, Reading
from netable.train.history import Ending

Check = Callable[[Any], bool]
_MOST = 2**63  # what 64 bits hold


def history_from(told: Any, stacks: int) -> History:
    """The history that a model file holds.

    Parameters
    ----------
    stacks : int
        Stacks of the model.

    Raises
    ------
    ValueError, TypeError
        If it is none that training could have left.
    """
    _require(told, "history", _record({"epochs": _lists, "readings": _lists}))
    plain = dict(told)
    plain["epochs"] = [Epoch(*epoch) for epoch in told["epochs"]]
    plain["readings"] = [Reading(*reading) for reading in told["readings"]]
    history = History(**plain)
    _require(vars(history), "history", _HISTORY)
    _check_epochs(history, stacks)
    _check_readings(history, stacks)
    return history


def _check_epochs(history: History, stacks: int) -> None:
    """Each stack's epochs are of the same members; all held-out parts measure them, or none, as in `partial_fit`."""
    members: dict[int, int] = {}
    for epoch in history.epochs:
        _require(epoch._asdict(), "epoch", _EPOCH)
        count, parts = len(epoch.train_loss), len(epoch.valid_loss)
        if epoch.stack >= stacks or not count or members.setdefault(epoch.stack, count) != count:
            raise ValueError("its epochs are not those of its networks")
        if parts not in (0, len(history.judged_members)):
            raise ValueError(f"{parts} held-out parts measure {len(history.judged_members)} members")


def _check_readings(history: History, stacks: int) -> None:
    """Each stack's readings are of the same layers."""
    layers: dict[int, list[str]] = {}
    for reading in history.readings:
        _require(reading._asdict(), "reading", _READING)
        names = list(reading.gradient_norms)
        if reading.stack >= stacks or layers.setdefault(reading.stack, names) != names:
            raise ValueError("its readings are not those of its networks")


def results_from(told: Any, stacks: int) -> dict[str, Any]:
    """The figures that a model file holds, for so many stacks.

    What this version does not know of may be anything: nothing but `inspect --json` shows it.

    Raises
    ------
    ValueError
        If a part that is shown is not what it is shown as.
    """
    if not isinstance(told, dict):
        raise ValueError("its results are no mapping")
    for name, check in _RESULTS.items():
        if name in told:
            _require(told[name], name, check)
    if not isinstance(told.get("rows"), int):
        raise ValueError("its results tell of no rows")
    valid, baseline = told.get("valid") or {}, told.get("baseline") or {}
    if not valid.keys() <= baseline.keys():
        raise ValueError("its figures have no constant beside them")
    if len(told.get("stacks") or []) not in (0, stacks):
        raise ValueError(f"its results tell of {len(told['stacks'])} stacks, not of {stacks}")
    return told


def _require(value: Any, name: str, check: Check) -> None:
    if not check(value):
        raise ValueError(f"its {name.replace('_', ' ')} cannot be {value!r:.80}")


def _lists(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, list) for part in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < _MOST


def _is_number(value: Any) -> bool:
    return (type(value) is int and abs(value) < _MOST) or (type(value) is float and math.isfinite(value))


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _map_of(check: Check, key: Check = _is_text) -> Check:
    def fits(value: Any) -> bool:
        return isinstance(value, dict) and all(map(key, value)) and all(map(check, value.values()))

    return fits


def _record(checks: dict[str, Check]) -> Check:
    """A mapping that has all of these, and perhaps others."""
    return lambda value: (
        isinstance(value, dict) and all(k in value and c(value[k]) for k, c in checks.items())
    )


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _one_or_list(check: Check) -> Check:
    return lambda value: check(value) or (isinstance(value, list) and bool(value) and all(map(check, value)))


def _is_share(text: Any) -> bool:
    """Whether a text is the coverage of an interval."""
    try:
        return 0 < float(text) < 1
    except ValueError:
        return False


def _is_ending(value: Any) -> bool:
    return value in list(get_args(Ending))


_FIGURE = _or_none(_is_number)
_FIGURES = _map_of(_FIGURE)
_EPOCH = _record(
    {
        "epoch": _is_count,
        "train_loss": _list_of(_FIGURE),
        "valid_loss": _list_of(_FIGURE),
        "lr": _is_number,
        "seconds": _is_number,
        "max_epochs": _is_count,
        "stack": _is_count,
    }
)
_READING = _record(
    {
        "epoch": _is_count,
        "step": _is_count,
        "loss": _list_of(_FIGURE),
        "gradient_norms": _map_of(_FIGURE),
        "lengths": _list_of(_FIGURE),
        "dead": _map_of(_FIGURE),
        "saturated": _map_of(_FIGURE),
        "stack": _is_count,
    }
)
_HISTORY = _record(
    {
        "ending": _is_ending,
        "best_epochs": _list_of(_is_count),
        "judged_members": _list_of(_is_count),
        "constant_loss": _FIGURE,
        "first_ratio": _FIGURE,
        "keeps_best": _is_flag,
        "activation": _is_text,
        "endings": _list_of(_is_ending),
    }
)
_STACK = _record(
    {
        "embedding": _is_text,
        "hidden_layer_sizes": _list_of(_is_count),
        "activation": _is_text,
        "dropout": _is_number,
        "lr": _is_number,
        "weight_decay": _is_number,
        "weight": _is_number,
    }
)
_MEASURED = _record({"coverage": _one_or_list(_FIGURE), "mean_width": _one_or_list(_FIGURE)})
_VERDICT = _record(dict.fromkeys(("id", "severity", "seen", "why", "try"), _is_text))
_LINEAR = _record({"rows": _is_count, "learned_rows": _is_count, "linear": _FIGURES, "netable": _FIGURES})
_RESULTS: dict[str, Check] = {
    **dict.fromkeys(("rows", "columns", "epochs", "members", "threads"), _is_count),
    "seed": lambda value: type(value) is int and 0 <= value < MOST_SEEDS,
    "fit_seconds": _is_number,
    "precision": _is_text,
    "valid": _FIGURES,
    "baseline": _FIGURES,
    "versions": _map_of(_is_text),
    "intervals": _map_of(_MEASURED, key=_is_share),
    "stacks": _list_of(_STACK),
    "linear": lambda value: value == {} or _LINEAR(value),
    "diagnosis": _list_of(_VERDICT),
}

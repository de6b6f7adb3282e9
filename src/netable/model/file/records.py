"""Checks of the history and the results in a model file, so that no later code has to check them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, get_args

from netable.config.choices import MOST_SEEDS
from netable.train import Epoch, History, Reading
from netable.train.history import Ending

Check = Callable[[Any], bool]
_MOST = 2**63  # beyond 64 bits


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
    _require(plain, "history", _record({"epochs": _lists, "readings": _lists}))
    epochs = [Epoch(*epoch) for epoch in plain["epochs"]]
    readings = [Reading(*reading) for reading in plain["readings"]]
    history = History(**plain | {"epochs": epochs, "readings": readings})
    _require(vars(history), "history", _HISTORY)
    _check_epochs(history, stacks)
    _check_readings(history, stacks)
    return history


def _check_epochs(history: History, stacks: int) -> None:
    """Require the same members in all epochs of a stack, and losses of all held-out parts, or none (`partial_fit`)."""
    members: dict[int, int] = {}
    for epoch in history.epochs:
        _require(epoch._asdict(), "epoch", _EPOCH)
        count, parts = len(epoch.train_loss), len(epoch.valid_loss)
        if epoch.stack >= stacks or not count or members.setdefault(epoch.stack, count) != count:
            raise ValueError("its epochs are not those of its networks")
        if parts not in (0, len(history.judged_members)):
            raise ValueError(f"{parts} held-out parts measure {len(history.judged_members)} members")


def _check_readings(history: History, stacks: int) -> None:
    """Require the same layers in all readings of a stack."""
    layers: dict[int, list[str]] = {}
    for reading in history.readings:
        _require(reading._asdict(), "reading", _READING)
        names = list(reading.gradient_norms)
        if reading.stack >= stacks or layers.setdefault(reading.stack, names) != names:
            raise ValueError("its readings are not those of its networks")


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
    for name, check in _RESULTS.items():
        if name in results:
            _require(results[name], name, check)
    if not isinstance(results.get("rows"), int):
        raise ValueError("its results tell of no rows")
    valid, baseline = results.get("valid") or {}, results.get("baseline") or {}
    if not valid.keys() <= baseline.keys():
        raise ValueError("its figures have no constant beside them")
    if len(results.get("stacks") or []) not in (0, stacks):
        raise ValueError(f"its results tell of {len(results['stacks'])} stacks, not of {stacks}")
    return results


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
    """Check for a mapping with these keys, and perhaps others."""
    return lambda value: (
        isinstance(value, dict) and all(k in value and c(value[k]) for k, c in checks.items())
    )


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _one_or_list(check: Check) -> Check:
    return lambda value: check(value) or (isinstance(value, list) and bool(value) and all(map(check, value)))


def _is_share(text: Any) -> bool:
    """True for the text of a coverage."""
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

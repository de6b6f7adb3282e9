"""What settings can be, where that is no choice from a list: texts that a file can hold, and numbers within bounds."""

from __future__ import annotations

import math
import sys
from typing import Any

from netable.errors import ConfigError, check_at_least

WIDEST_LAYER = 1_000_000
MOST_SEEDS = 2**128
_TEXTS = (
    "delimiter",
    "decimal",
    "encoding",
    "quote",
    "comment",
    "weight_column",
    "group_column",
    "time_column",
)


def check_texts(config: Any) -> None:
    """Refuse settings that have to be texts and are none, or hold half a character, which no file could.

    Raises
    ------
    ConfigError
        If a setting of the configuration is no such text.
    """
    targets = config.target if isinstance(config.target, tuple) else (config.target or "",)
    if not all(map(_is_text, targets)):
        raise ConfigError(f"target must be the name of a column, or several; got {config.target!r}.")
    if not _is_text(config.device):
        raise ConfigError(f"device must be text, such as 'auto' or 'cpu'; got {config.device!r}.")
    for name in _TEXTS:
        value = getattr(config, name)
        if value is not None and not _is_text(value):
            raise ConfigError(f"{name} must be text; got {value!r}.")
    for name in ("ignore_columns", "na_values"):
        for value in getattr(config, name) or ():
            if not _is_text(value):
                raise ConfigError(f"Each of {name} must be text; got {value!r}.")
    for name in config.kinds:
        if not _is_text(name):
            raise ConfigError(f"kinds must map column names to kinds; got {name!r} for a name.")


def _is_text(value: object) -> bool:
    """Whether a value is text that UTF-8 can hold: what a terminal could not decode has halves of characters."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def check_numbers(config: Any) -> None:
    """Refuse numbers that are none, or out of bounds.

    Raises
    ------
    ConfigError
        If a setting of the configuration is such a number.
    """
    for width in config.hidden_layer_sizes:
        check_at_least("Each of hidden_layer_sizes", width, 1, integer=True)
        if width > WIDEST_LAYER:
            raise ConfigError(f"Each of hidden_layer_sizes can be {WIDEST_LAYER} at most; got {width!r}.")
    for name in ("batch_size", "max_epochs", "patience", "folds"):
        value = getattr(config, name)
        if value != "auto" and not (name == "patience" and value is None):
            check_at_least(name, value, 1, integer=True)
            _check_below(name, value, 2**53)
    check_at_least("quantile", config.quantile, 0)
    if not 0 < config.quantile < 1:
        raise ConfigError(f"quantile must be above 0 and below 1; got {config.quantile!r}.")
    check_at_least("skip_rows", config.skip_rows, 0, integer=True)
    check_at_least("seed", config.seed, 0, integer=True)
    _check_below("seed", config.seed, MOST_SEEDS)
    for name in ("lr", "weight_decay"):
        if getattr(config, name) != "auto":
            check_at_least(name, getattr(config, name), 0)
            _check_below(name, getattr(config, name), math.inf)
    if not config.lr:
        raise ConfigError(f"lr must be above 0, or nothing is learned; got {config.lr!r}.")
    for name in ("clip_norm", "time_limit"):
        if getattr(config, name) is not None:
            check_at_least(name, getattr(config, name), 0)
            _check_below(name, getattr(config, name), math.inf)
    if config.clip_norm == 0:
        raise ConfigError(
            "clip_norm must be above 0, or nothing is learned; without it gradients stay as they are."
        )
    if config.time_limit == 0:
        raise ConfigError("time_limit must be above 0 seconds; without it there is none.")
    for name in ("dropout", "momentum", "validation_fraction"):
        value = getattr(config, name)
        if value == "auto" and name == "dropout":
            continue
        check_at_least(name, value, 0)
        if value >= 1:
            raise ConfigError(f"{name} must be below 1; got {value!r}.")


def _check_below(name: str, value: float, bound: float) -> None:
    if not value < bound or value > sys.float_info.max:
        said = "finite" if bound == math.inf else f"below 2**{math.log2(bound):.0f}"
        raise ConfigError(f"{name} must be {said}; got {value!r}.")

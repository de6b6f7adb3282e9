"""What a person can get wrong, each said in one line: what was expected, what was found, what to do."""

from __future__ import annotations

import math
import os
import re
import sys
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from threading import RLock
from types import FrameType
from typing import Any

_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")


class UserError(Exception):
    """The base of every error that a person, not the program, has caused."""


class DataError(UserError, ValueError):
    """A table, or a value in it, that cannot be used as it is."""


class DataTypeError(UserError, TypeError):
    """A value of a type that no table can hold, or that sparse or nested data would need."""


class SchemaError(UserError, ValueError):
    """A table that does not have the columns, or the kinds of columns, that were asked for."""


class ConfigError(UserError, ValueError):
    """An option that does not exist, or a value that it cannot take."""


class ConfigFileError(ConfigError):
    """A configuration file with such an option or value in it."""


class FileError(UserError, OSError):
    """A file that is missing, unreadable, in the way, or not what its name says."""


class ModelFileError(UserError, ValueError):
    """A file that is not a model of ours, or not one that this version can read."""


class CheckpointError(UserError, ValueError):
    """A checkpoint that is damaged, or of another run than the one that is to go on."""


class TrainingError(UserError, RuntimeError):
    """A training run that could not produce a network."""


class MemoryShortage(UserError, MemoryError):
    """Something that does not fit into memory."""


class DataWarning(UserWarning):
    """Something about the data that was handled, and that its owner should know."""


class TrainingWarning(UserWarning):
    """Something about a training run that its owner should know."""


@contextmanager
def memory_errors() -> Iterator[None]:
    """What NumPy, Arrow and torch raise when memory is short becomes one error that says what to do."""
    try:
        yield
    except UserError:
        raise
    except (MemoryError, RuntimeError) as error:
        if not is_memory_shortage(error):
            raise
        text = str(error)
        found = re.search(r"allocate (?:(\d+) bytes|([\d.]+ [KMGT]iB))", text)
        amount = (in_gigabytes(int(found[1])) if found[1] else found[2]) if found else "more than there is"
        raise MemoryShortage(
            f"Memory is short: {amount} would have been needed at once. Narrower hidden_layer_sizes, fewer folds, "
            "a smaller batch_size or fewer rows take less."
        ) from error


def is_memory_shortage(error: Exception) -> bool:
    """Whether an error says that memory is short, be it NumPy's, Arrow's or torch's, for any device."""
    told = re.search("allocate memory|out of memory|ALLOC_FAILED", str(error))
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and told is not None)


def in_gigabytes(size: float) -> str:
    """A number of bytes as people say it.

    >>> in_gigabytes(320e9)
    '320 GB'
    """
    return f"{size / 1e9:,.0f} GB" if size >= 1e10 else f"{size / 1e9:.2g} GB"


_unheard: ContextVar[tuple[type[Warning], ...]] = ContextVar("unheard", default=())
# Before Python 3.14 all threads have one list of filters: two that change and restore it at once leave it changed.
_filters = RLock()


@contextmanager
def said_before(category: type[Warning] = DataWarning) -> Iterator[None]:
    """Let `warn` keep such warnings to itself, for the time being; what other threads have to say is heard."""
    before = _unheard.set((*_unheard.get(), category))
    try:
        yield
    finally:
        _unheard.reset(before)


@contextmanager
def own_filters(ignored: type[Warning] | None = None) -> Iterator[None]:
    """`warnings.catch_warnings`, by one thread at a time; for warnings of other libraries, some of them ignored."""
    with _filters, warnings.catch_warnings():
        if ignored:
            warnings.simplefilter("ignore", ignored)
        yield


def _begin_in_fork() -> None:
    global _filters
    _filters = RLock()  # whoever held it is not there to release it


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_fork)


def warn(text: str, category: type[Warning] = DataWarning) -> None:
    """Warn at the line that called into the package, wherever in it the thing was noticed."""
    if issubclass(category, _unheard.get()):
        return
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame and os.path.abspath(frame.f_code.co_filename).startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, category, stacklevel=level)


def did_you_mean(name: str, available: Collection[str]) -> str:
    """A hint that ends an error: the nearest known name, or the list of them.

    >>> did_you_mean("activtion", ["activation", "lr"])
    "Did you mean 'activation'?"
    """
    near = get_close_matches(str(name), [str(a) for a in available], n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    shown = ", ".join(repr(str(a)) for a in list(available)[:12])
    return f"There are: {shown}{', …' if len(available) > 12 else ''}."


def check_choice(name: str, value: object, choices: Collection[str]) -> None:
    """Refuse a value that is not among the choices.

    Raises
    ------
    ConfigError
        If `value` is not one of `choices`; the nearest one is named.
    """
    if value not in choices:
        raise ConfigError(f"{name} cannot be {value!r}. {did_you_mean(str(value), choices)}")


def check_at_least(name: str, value: object, least: float, *, integer: bool = False) -> None:
    """Refuse a value that is not a number of at least `least`.

    Raises
    ------
    ConfigError
        If `value` is not a number (an integer, where asked), or is below `least`.
    """
    kinds: tuple[type, ...] = (int,) if integer else (int, float)
    is_number = not isinstance(value, bool) and (
        isinstance(value, kinds) or (hasattr(value, "__index__") if integer else hasattr(value, "__float__"))
    )
    if not is_number or not _as_float(value) >= least:
        what = "an integer" if integer else "a number"
        raise ConfigError(f"{name} must be {what} of at least {least}; got {value!r}.")


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond all floats
        return math.inf if value > 0 else -math.inf

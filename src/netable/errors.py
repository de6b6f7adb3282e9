"""Errors and warnings for users: one line each, with what was expected, what was found and what to do."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from math import inf
from threading import RLock
from types import FrameType
from typing import Any

# A message keeps its start, which says what is wrong, and its end, which says what to do.
_MESSAGE_LETTERS, _QUOTED_LETTERS = 900, 80
_QUOTED = re.compile(rf"""(?<!\w)(['"])((?:(?!\1)[^\\]|\\.){{{_QUOTED_LETTERS + 1},}})\1(?!\w)""", re.DOTALL)
_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")


class UserError(Exception):
    """Base of all errors that the user can correct; its text is short even if names or values in it are long."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*(brief_message(part) if isinstance(part, str) else part for part in parts))


class DataError(UserError, ValueError):
    """A table, or a value in it, that cannot be used as it is."""


class DataTypeError(UserError, TypeError):
    """A value of a type that tables do not hold."""


class SchemaError(UserError, ValueError):
    """A table without the expected columns or kinds of columns."""


class ConfigError(UserError, ValueError):
    """A setting that does not exist, or a value that it cannot take."""


class ConfigFileError(ConfigError):
    """A configuration file with an unknown setting or an unusable value."""


class FileError(UserError, OSError):
    """A file that is missing, unreadable, exists already, or is not of the expected type."""


class ModelFileError(UserError, ValueError):
    """A file that is not a netable model, or one that this version cannot read."""


class ExportError(UserError, RuntimeError):
    """An exported file that would not predict as its model."""


class CheckpointError(UserError, ValueError):
    """A checkpoint that is damaged, or belongs to a different run."""


class TrainingError(UserError, RuntimeError):
    """A training run that could not produce a network."""


class WorkerError(UserError, RuntimeError):
    """Another worker of the same job that has ended, or no longer answers."""


class MemoryShortage(UserError, MemoryError):
    """Something that does not fit into memory."""


class DataWarning(UserWarning):
    """A property of the data that was handled, and that may need attention."""


class TrainingWarning(UserWarning):
    """A property of a training run that may need attention."""


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn the out-of-memory errors of NumPy, Arrow and torch into one error that says what to do."""
    try:
        yield
    except UserError:
        raise
    except (MemoryError, RuntimeError) as error:
        if not is_memory_shortage(error):
            raise
        text = str(error)
        size = re.search(r"allocate (?:(\d+) bytes|([\d.]+ [KMGT]iB))", text)
        amount = (in_gigabytes(int(size[1])) if size[1] else size[2]) if size else "more than is free"
        raise MemoryShortage(
            f"Out of memory: {amount} would be needed at once. Try narrower hidden_layer_sizes, fewer folds, a smaller "
            "batch_size or fewer rows."
        ) from error


def is_memory_shortage(error: Exception) -> bool:
    """True for the out-of-memory errors of NumPy, Arrow and torch, on any device."""
    if isinstance(error, RuntimeError):
        return re.search("allocate memory|out of memory|ALLOC_FAILED", str(error)) is not None
    return isinstance(error, MemoryError)


def in_gigabytes(size: float) -> str:
    """A number of bytes in gigabytes.

    >>> in_gigabytes(320e9)
    '320 GB'
    """
    return f"{size / 1e9:,.0f} GB" if size >= 1e10 else f"{size / 1e9:.2g} GB"


_silenced: ContextVar[tuple[type[Warning], ...]] = ContextVar("silenced", default=())
_said: ContextVar[set[str] | None] = ContextVar("said", default=None)
# Before Python 3.14 all threads have one list of filters: two that change and restore it at once leave it changed.
_filters = RLock()


@contextmanager
def silence(category: type[Warning] = DataWarning) -> Iterator[None]:
    """Silence such warnings of `warn` in the block, in this thread only."""
    before = _silenced.set((*_silenced.get(), category))
    try:
        yield
    finally:
        _silenced.reset(before)


_collected: ContextVar[list[str] | None] = ContextVar("collected", default=None)


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """The texts of `warn` in the block, each once, in place of warnings, in this thread only."""
    texts: list[str] = []
    before = _collected.set(texts)
    try:
        yield texts
    finally:
        _collected.reset(before)


@contextmanager
def said_once() -> Iterator[None]:
    """Say each text of `warn` once in the block, in this thread only: parts of a table have most in common."""
    before = _said.set(set())
    try:
        yield
    finally:
        _said.reset(before)


@contextmanager
def locked_filters(ignored: type[Warning] | None = None) -> Iterator[None]:
    """Run `warnings.catch_warnings` in one thread at a time; optionally ignore a category of other libraries."""
    with _filters, warnings.catch_warnings():
        if ignored:
            warnings.simplefilter("ignore", ignored)
        yield


def _renew_lock() -> None:
    global _filters
    _filters = RLock()  # the thread that held it does not exist in the fork


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def warn(text: str, category: type[Warning] = DataWarning) -> None:
    """Warn at the line that called into the package, from any depth in it."""
    said = _said.get()
    if issubclass(category, _silenced.get()) or text in (said or ()):
        return
    if said is not None:
        said.add(text)
    if (texts := _collected.get()) is not None:
        if brief_message(text) not in texts:
            texts.append(brief_message(text))
        return
    level = 1
    frame: FrameType | None = sys._getframe()
    while frame and os.path.abspath(frame.f_code.co_filename).startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(brief_message(text), category, stacklevel=level)


def brief_message(text: str) -> str:
    """The text without the middles of long quoted parts, and without its own middle if it is still long.

    >>> brief_message(f"There is no column '{'x' * 500}'.")[-40:]
    "xxxxxxxxx … xxxxxxxxxxxxxxxxxxxxxxxxxx'."
    """
    text = _QUOTED.sub(lambda match: f"{match[1]}{_ends(match[2], _QUOTED_LETTERS)}{match[1]}", text)
    return _ends(text, _MESSAGE_LETTERS)


def _ends(text: str, letters: int) -> str:
    last = letters // 3
    return text if len(text) <= letters else f"{text[: letters - last - 3]} … {text[-last:]}"


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
    """Raise `ConfigError` unless the value is one of the choices; the nearest one is named."""
    if value not in choices:
        raise ConfigError(f"{name} cannot be {value!r}. {did_you_mean(str(value), choices)}")


def check_at_least(name: str, value: Any, least: float, *, integer: bool = False) -> None:
    """Raise `ConfigError` unless the value is a number, or an integer where asked, of at least `least`."""
    is_number = hasattr(value, "__index__" if integer else "__float__") and not isinstance(value, bool)
    if not is_number or not _as_float(value) >= least:
        what = "an integer" if integer else "a number"
        raise ConfigError(f"{name} must be {what} of at least {least}; got {value!r}.")


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond all floats
        return inf if value > 0 else -inf

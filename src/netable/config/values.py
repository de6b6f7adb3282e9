"""Types of values of settings: their checks, and their form in the terminal."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netable.config.parsing import names, number, pairs, whole
from netable.errors import ConfigError, check_at_least, check_choice


class Values:
    """Values of one type.

    Attributes
    ----------
    repeats : bool
        The option may be given several times; `parse` then takes a list of texts.
    """

    repeats: bool = False

    @property
    def syntax(self) -> str:
        """The form of a value in the terminal, for the help of an option; may be empty."""
        return ""

    @property
    def in_python(self) -> str:
        """The values in Python, for docstrings; may be empty."""
        return ""

    def checked(self, name: str, value: Any) -> Any:
        """The value as `Settings` holds it, or a `ConfigError` that names the setting."""
        raise NotImplementedError

    def parse(self, option: str, typed: Any) -> Any:
        """The value of a text that was typed for an option, or a `ConfigError` that names the option."""
        return typed


@dataclass(frozen=True)
class OneOf(Values):
    """One of several words."""

    choices: tuple[str, ...]
    is_listed: bool = True

    @property
    def syntax(self) -> str:
        """The words, if they are to be listed."""
        return f"{', '.join(self.choices)}." if self.is_listed else ""

    @property
    def in_python(self) -> str:
        """The same."""
        return self.syntax

    def checked(self, name: str, value: Any) -> Any:
        """The word."""
        check_choice(name, value, self.choices)
        return value


@dataclass(frozen=True)
class Network(OneOf):
    """One of several words, or in Python a function that makes a network."""

    @property
    def in_python(self) -> str:
        """The words and the function."""
        return (
            f"{self.syntax} Or a function (d_in, d_out) that makes a new `torch.nn.Module` of one's own, "
            "(batch, d_in) → (batch, d_out), for each member."
        )

    def checked(self, name: str, value: Any) -> Any:
        """The word or the function."""
        if hasattr(value, "state_dict") and not isinstance(value, type):
            raise ConfigError(
                f"{name} must be a function (d_in, d_out) that makes a new network, because each fold trains one of "
                f"its own; got one {type(value).__name__}."
            )
        if isinstance(value, str) and set(value) & set(".:/"):
            raise ConfigError(
                f"{name} cannot be {value!r}: a network of your own is for NetClassifier and NetRegressor in Python, "
                f"as a function. Here there are: {self.syntax}"
            )
        return value if callable(value) else super().checked(name, value)


@dataclass(frozen=True)
class Number(Values):
    """A finite number from `least` (or above it) and below `below`; with `or_none` also None."""

    least: float = 0
    below: float = math.inf
    above_least: bool = False
    is_whole: bool = False
    or_none: bool = False

    def checked(self, name: str, value: Any) -> Any:
        """The number."""
        if value is None and self.or_none:
            return None
        check_at_least(name, value, self.least, integer=self.is_whole)
        if self.above_least and value == self.least:
            raise ConfigError(f"{name} must be above {self.least}; got {value!r}.")
        if not value < self.below or value > sys.float_info.max:
            bound = f"2**{math.log2(self.below):.0f}" if self.below > 2**50 else self.below
            limit = "finite" if self.below == math.inf else f"below {bound}"
            raise ConfigError(f"{name} must be {limit}; got {value!r}.")
        return value

    def parse(self, option: str, typed: str) -> float:
        """The number."""
        return whole(option, typed) if self.is_whole else number(option, typed)


class Flag(Values):
    """True or false."""

    def checked(self, name: str, value: Any) -> Any:
        """The flag."""
        if value not in (True, False):
            raise ConfigError(f"{name} must be true or false; got {value!r}.")
        return value


class Text(Values):
    """Text that UTF-8 can encode, without the surrogates of bytes that a terminal could not decode."""

    def checked(self, name: str, value: Any) -> Any:
        """The text."""
        if not is_text(value):
            raise ConfigError(f"{name} must be text; got {value!r}.")
        return value


def is_text(value: object) -> bool:
    """True for text that UTF-8 can encode."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


@dataclass(frozen=True)
class Mark(Text):
    """One character of a text file; a tab may be called `tab`."""

    example: str
    refused: str = "\r\n"

    def checked(self, name: str, value: Any) -> Any:
        """The character."""
        mark = "\t" if value in ("tab", "\\t") else super().checked(name, value)
        if len(mark) != 1 or mark in self.refused:
            raise ConfigError(f"{name} must be one character, such as {self.example!r}; got {value!r}.")
        return mark


@dataclass(frozen=True)
class Each(Values):
    """A tuple of values of one kind."""

    of: Values
    syntax: str = ""
    repeats: bool = False

    def checked(self, name: str, value: Any) -> Any:
        """A tuple of the values; a single one is a tuple of one."""
        several = not isinstance(value, str) and hasattr(value, "__iter__")
        return tuple(self.of.checked(f"Each of {name}", one) for one in (value if several else (value,)))

    def parse(self, option: str, typed: str | list[str]) -> tuple[Any, ...]:
        """The values, which are separated by commas."""
        texts = [typed] if isinstance(typed, str) else typed
        return tuple(self.of.parse(option, name) for text in texts for name in names(text))


class Targets(Values):
    """The name of a column, or a tuple of several."""

    repeats = True

    def checked(self, name: str, value: Any) -> Any:
        """A name, or a tuple of names."""
        targets = tuple(value) if isinstance(value, list) else value
        if not all(map(is_text, targets if isinstance(targets, tuple) else (targets,))):
            raise ConfigError(f"{name} must be the name of a column, or several; got {value!r}.")
        return targets

    def parse(self, option: str, typed: list[str]) -> str | tuple[str, ...]:
        """A name, or a tuple of the names that are separated by commas or typed in several options."""
        targets = tuple(name for text in typed for name in names(text))
        return targets[0] if len(targets) == 1 else targets


class ClassWeights(Values):
    """`balanced`, or a mapping from labels to weights."""

    syntax = "balanced, or LABEL=WEIGHT separated by commas."

    @property
    def in_python(self) -> str:
        """The word or the mapping."""
        return "'balanced', or a mapping of label to weight."

    def checked(self, name: str, value: Any) -> Any:
        """The word or the mapping; the weights are checked when the labels are known."""
        if not isinstance(value, Mapping) and value != "balanced":
            raise ConfigError(f"{name} must be 'balanced', a mapping or None; got {value!r}.")
        return value

    def parse(self, option: str, typed: str) -> Any:
        """The word or the mapping."""
        if typed == "balanced":
            return typed
        weights = pairs(option, self.syntax[:-1], typed, ["balanced"])
        return {label: number(option, weight) for label, weight in weights.items()}


def check_marks(delimiter: str | None, quote: str | None, comment: str | None) -> None:
    """Raise `ConfigError` if delimiter and quote are equal, or comments would begin with nothing."""
    if quote is not None and quote == delimiter:
        raise ConfigError(f"delimiter and quote cannot both be {quote!r}.")
    if comment == "":
        raise ConfigError("comment must be the start of the lines to leave out, such as '#'; got ''.")


def plain_value(value: Any) -> Any:
    """The value as lists, mappings with text keys, numbers and texts, ready for YAML or JSON."""
    if isinstance(value, tuple | list):  # a new list: of one that occurs twice, YAML would write an alias
        return [plain_value(v) for v in value]
    if isinstance(value, Mapping):
        return {_key(k): plain_value(v) for k, v in value.items()}
    if callable(value):
        return name_of(value)
    return value.item() if hasattr(value, "item") else value


def name_of(function: Any) -> str:
    """The full name of a function or a class; of another callable, that of its class."""
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def _key(label: Any) -> str:
    """A label of `class_weight` as text; 1.0 is the label 1."""
    label = plain_value(label)
    return str(int(label) if isinstance(label, float) and label.is_integer() else label)

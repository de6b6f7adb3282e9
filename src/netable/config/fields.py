"""Description of one setting: its values, what it is, and where the terminal offers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netable.config.values import Values

# Panels of the terminal's help, in their order.
PANELS = ("", "Columns", "Training", "Checking", "Network", "How to read a file", "Output")
_, COLUMNS, TRAINING, CHECKING, NETWORK, FILES, OUTPUT = PANELS
# Verbs of the terminal that offer a setting.
TRAIN: tuple[str, ...] = ("train", "look")
FITTING = (*TRAIN, "compare")
READING = (*FITTING, "predict", "evaluate", "report", "explain", "monitor")


@dataclass(frozen=True)
class Setting:
    """Description of one setting.

    Attributes
    ----------
    values : Values
        Its values, besides a default of None or "auto".
    about : str
        One line or two for the terminal's help and the documentation.
    panel : str
        Heading in the terminal's help; the first, unnamed one if empty.
    verbs : tuple of str
        Verbs of the terminal that have an option for it.
    singular : str
        Name of an option that takes one thing at a time; that of the setting if empty.
    by_stack : bool
        Stacks of one run may differ in it.
    learned : bool
        Later tables are read with the value of the training.
    """

    name: str
    default: Any
    values: Values
    about: str
    panel: str = ""
    verbs: tuple[str, ...] = FITTING
    singular: str = ""
    by_stack: bool = False
    learned: bool = False

    @property
    def option(self) -> str:
        """The name of the option in the terminal."""
        return f"--{(self.singular or self.name).replace('_', '-')}"

    def checked(self, value: Any) -> Any:
        """The value as `Settings` holds it, or a `ConfigError`."""
        if self.default in (None, "auto") and isinstance(value, str | None) and value == self.default:
            return value
        return self.values.checked(self.name, value)

    def parse(self, typed: Any) -> Any:
        """The value of what was typed for its option, or a `ConfigError`."""
        return typed if typed == self.default == "auto" else self.values.parse(self.option, typed)


def setting(default: Any, values: Values, about: str, **more: Any) -> Any:
    """A field of `Settings`; its metadata are the further attributes of its `Setting`."""
    described = {"values": values, "about": about, **more}
    if isinstance(default, dict):
        return field(default_factory=dict, metadata=described)
    return field(default=default, metadata=described)

"""The settings of a run after everything was decided: no "auto" is left, so the run can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from netable.config.settings import Settings, config_from
from netable.errors import ConfigError

# All settings that "auto" leaves open; the device is chosen anew wherever a model is used.
_DECIDED = tuple(f.name for f in fields(Settings) if f.default == "auto" and f.name != "device")


@dataclass(frozen=True, kw_only=True)
class Recipe(Settings):
    """Decided settings; see `Settings` for what each means.

    Raises
    ------
    ConfigError
        If a setting is still "auto", or has a value that it cannot take.
    """

    stacks: tuple[Mapping[str, Any], ...]
    dropout: float
    lr: float
    weight_decay: float
    batch_size: int
    max_epochs: int
    patience: int | None
    folds: int

    def __post_init__(self) -> None:
        super().__post_init__()
        for settings in (vars(self), *self.stacks):
            for name in _DECIDED:
                if settings.get(name) == "auto":
                    raise ConfigError(f"{name} is 'auto'; a recipe has a value for it.")

    def of_stacks(self) -> list[Recipe]:
        """A recipe for each stack alone."""
        return [replace(self, **{**settings, "stacks": ({},)}) for settings in self.stacks]


def recipe_from(settings: Mapping[str, Any], *, source: str = "the recipe") -> Recipe:
    """A recipe from plain values, as `to_dict` gives them.

    Raises
    ------
    ConfigError
        If a key is not a setting, or its value cannot be used or is not decided.
    """
    checked = config_from(settings, source=source)
    # Files of earlier versions have "auto" where the waves of the schedule decide.
    patience = None if checked.patience == "auto" else checked.patience
    return Recipe(**vars(checked) | {"patience": patience})

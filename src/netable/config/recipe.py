"""The settings of a run with every "auto" replaced by a decision, so that the run can be repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from netable.config.settings import Settings, config_from
from netable.errors import ConfigError

# The device is chosen anew wherever a model is used.
_DECIDED = tuple(f.name for f in fields(Settings) if f.default == "auto" and f.name != "device")


@dataclass(frozen=True, kw_only=True, repr=False)
class Recipe(Settings):
    """Decided settings, as `Settings` describes them; one that is still "auto" raises `ConfigError`."""

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

    def shortened(self, max_epochs: int) -> Recipe:
        """The same with so many epochs at most, in every stack."""
        most = min(self.max_epochs, max_epochs)
        stacks = tuple(
            {**own, "max_epochs": min(own["max_epochs"], most)} if "max_epochs" in own else own
            for own in self.stacks
        )
        return replace(self, max_epochs=most, stacks=stacks)

    def of_stacks(self) -> list[Recipe]:
        """A recipe for each stack alone."""
        return [replace(self, **{**settings, "stacks": ({},)}) for settings in self.stacks]


def recipe_from(settings: Mapping[str, Any], *, source: str = "the recipe") -> Recipe:
    """A recipe from plain values, as `to_dict` gives them; `ConfigError` if one is unknown, unusable or undecided."""
    checked = config_from(settings, source=source)
    # Files of earlier versions have "auto" where the schedule decides, and nothing about categories.
    patience = None if checked.patience == "auto" else checked.patience
    categories = "levels" if checked.categories == "auto" else checked.categories
    return Recipe(**vars(checked) | {"patience": patience, "categories": categories})

from __future__ import annotations

import pytest

from netable.config.recipe import recipe_from
from netable.config.settings import DEFAULTS
from netable.errors import ConfigError
from small import recipe_of

DECIDED = [
    "model",
    "embedding",
    "categories",
    "optimizer",
    "lr",
    "weight_decay",
    "dropout",
    "schedule",
    "batch_size",
    "max_epochs",
    "patience",
]


@pytest.mark.parametrize("name", [*DECIDED, "folds", "task", "target_transform", "precision"])
def test_recipe__setting_left_open__is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{name} is 'auto'; a recipe has a value for it"):
        recipe_of(**{name: "auto"})


def test_recipe__stack_left_open__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^lr is 'auto'"):
        recipe_of(stacks=({"lr": "auto"},))


def test_recipe__value_out_of_bounds__is_refused_as_in_settings() -> None:
    with pytest.raises(ConfigError, match=r"^lr must be above 0"):
        recipe_of(lr=0.0)


def test_of_stacks__settings_of_a_stack__replace_those_of_the_run() -> None:
    recipe = recipe_of(stacks=({"lr": 0.5}, {"seed": 3}))

    assert [(own.lr, own.seed, own.stacks) for own in recipe.of_stacks()] == [
        (0.5, 0, ({},)),
        (0.01, 3, ({},)),
    ]


def test_recipe_from__plain_values__are_the_recipe_again() -> None:
    recipe = recipe_of(target="y", clip_norm=1.0)

    assert recipe_from(recipe.to_dict()) == recipe


def test_recipe_from__patience_of_older_files__is_left_to_the_waves() -> None:
    assert recipe_from(recipe_of().to_dict() | {"patience": "auto"}).patience is None


def test_recipe_from__categories_of_older_files__are_levels() -> None:
    assert recipe_from(recipe_of().to_dict() | {"categories": "auto"}).categories == "levels"


def test_recipe_from__settings_left_open__are_refused() -> None:
    with pytest.raises(ConfigError, match=r"is 'auto'"):
        recipe_from(DEFAULTS.to_dict())

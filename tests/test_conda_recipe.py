"""The recipe for conda asks for what pyproject.toml asks for."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# The names of packages on conda-forge, where they differ.
NAMES = {"torch": "pytorch", "duckdb": "python-duckdb", "matplotlib": "matplotlib-base"}


@pytest.fixture(scope="module")
def recipe() -> Any:
    return yaml.safe_load((ROOT / "packaging" / "conda" / "recipe.yaml").read_text(encoding="utf-8"))


def test_recipe__version_and_python__are_those_of_the_project(recipe: Any) -> None:
    assert recipe["context"]["version"] == PROJECT["version"]
    assert f">={recipe['context']['python_min']}" == PROJECT["requires-python"]
    assert recipe["about"]["summary"] == PROJECT["description"]
    assert recipe["about"]["license"] == PROJECT["license"]


def test_recipe__packages__have_the_same_bounds(recipe: Any) -> None:
    _, *asked = recipe["requirements"]["run"]
    promised = map(Requirement, PROJECT["dependencies"])

    assert asked == [f"{NAMES.get(each.name, each.name.lower())} {each.specifier}" for each in promised]


def test_recipe__command__is_that_of_the_project(recipe: Any) -> None:
    commands = [f"{name} = {function}" for name, function in PROJECT["scripts"].items()]

    assert recipe["build"]["python"]["entry_points"] == commands

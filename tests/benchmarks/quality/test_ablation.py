from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

pytest.importorskip("pandas")

from benchmarks.quality import ablation
from netable.config.recipe import Recipe
from netable.config.settings import config_from
from netable.fit.preparation.prepare import prepare


def row(table: str, variant: str, error: float, seconds: float) -> dict[str, Any]:
    return {"table": table, "variant": variant, "error": error, "seconds": seconds}


def test_summary__worked_rows__are_ratios_to_the_default_on_the_same_tables() -> None:
    rows = [
        row("a", "default", 0.2, 1.0),
        row("b", "default", 0.4, 2.0),
        row("a", "other", 0.4, 3.0),
        row("b", "other", 0.2, 4.0),
        row("c", "other", 0.9, 9.0),  # the default was not measured there
        row("a", "worse", 0.22, 1.0),
    ]

    lines = ablation.summary(rows).splitlines()

    assert "| other | +0.0 % | 1 of 2 | 7 |" in lines
    assert "| worse | +10.0 % | 0 of 1 | 1 |" in lines


def recipes(settings: dict[str, Any], target: str) -> list[Recipe]:
    x = np.random.default_rng(0).normal(size=1000)
    y = x if target == "number" else np.where(x > 0, "p", "q")
    prepared = prepare(pa.table({"x": x, "z": x[::-1], "y": y}), config_from({"target": "y"} | settings))
    return prepared.recipe.of_stacks()


@pytest.mark.parametrize("settings", ablation.VARIANTS.values(), ids=ablation.VARIANTS)
def test_variants__all__are_configurations(settings: dict[str, Any]) -> None:
    config_from({"target": "y"} | settings)


@pytest.mark.parametrize("name", [name for name in ablation.VARIANTS if name != ablation.DEFAULT])
def test_variants__all_but_the_default__train_something_else(name: str) -> None:
    differ = [
        recipes(ablation.VARIANTS[name], target) != recipes({}, target) for target in ("number", "label")
    ]

    # Dropout is on for classes and off for numbers, so that a variant may be the default of one of them.
    assert all(differ) or ("dropout" in name and any(differ))


@pytest.mark.parametrize("name", ["dropout 0.1", "no dropout", "weight decay 0.1", "weight decay 0.4"])
def test_variants__of_the_networks__leave_the_line_as_it_is(name: str) -> None:
    *networks, line = recipes(ablation.VARIANTS[name], "label")
    *_, usual = recipes({}, "label")

    assert line == usual
    assert line.model == "linear"
    assert "linear" not in [network.model for network in networks]

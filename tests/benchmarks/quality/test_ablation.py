from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

pytest.importorskip("pandas")

from benchmarks.quality import ablation
from netable.config.recipe import Recipe
from netable.config.settings import config_from
from netable.fit.preparation.prepare import prepare
from netable.nn import MLP, TableInput, TableNet, learn_statistics

KINDS = ("numbers", "levels", "classes")
UNCHANGED_SETTINGS = {ablation.DEFAULT, *ablation.WITHOUT}


def row(table: str, variant: str, error: float, seconds: float, split: int = 0) -> dict[str, Any]:
    return {"table": table, "split": split, "variant": variant, "error": error, "seconds": seconds}


def test_summary__worked_rows__are_ratios_to_the_default_on_the_same_tables() -> None:
    rows = [
        row("a", "default", 0.1, 1.0),
        row("a", "default", 0.3, 1.0, split=1),
        row("b", "default", 0.4, 2.0),
        row("a", "other", 0.4, 3.0),
        row("b", "other", 0.2, 4.0),
        row("c", "other", 0.9, 9.0),  # the default was not measured there
        row("a", "worse", 0.22, 1.0),
    ]

    lines = ablation.summary(rows).splitlines()

    assert "| other | +0.0 % | +25.0 % | 1 of 2 | 7 |" in lines
    assert "| worse | +10.0 % | +10.0 % | 0 of 1 | 1 |" in lines


def table_of(kind: str) -> pa.Table:
    """Numbers, or numbers and a category of many levels, and two classes or a number to predict."""
    x = np.random.default_rng(0).normal(size=1000)
    table = pa.table({"x": x, "z": x[::-1], "y": np.where(x > 0, "p", "q") if kind == "classes" else x})
    return table.append_column("c", [[f"l{i % 20}" for i in range(1000)]]) if kind == "levels" else table


def recipes(variant: str, kind: str) -> list[Recipe]:
    def prepared(settings: dict[str, Any]) -> Recipe:
        return prepare(table_of(kind), config_from({"target": "y"} | settings)).recipe

    return prepared(ablation.VARIANTS[variant](prepared({}).stacks)).of_stacks()


@pytest.mark.parametrize("name", [name for name in ablation.VARIANTS if name not in UNCHANGED_SETTINGS])
def test_variants__all_but_the_default__train_something_else_on_some_table(name: str) -> None:
    assert any(recipes(name, kind) != recipes(ablation.DEFAULT, kind) for kind in KINDS)


def test_without__a_part__another_function_for_a_while() -> None:
    values = torch.tensor([[0.0]] * 9 + [[1.0], [2.0], [30.0]])

    def scale_and_gates() -> tuple[float, bool]:
        none = torch.empty(len(values), 0)
        statistics = learn_statistics(values, none, torch.ones(len(values)).double(), (), robust=True)
        inputs = TableInput(statistics, smooth_clip=True)
        net = TableNet(inputs, MLP(inputs.d_out, 1, hidden_layer_sizes=(4,)))
        net.add_gates()
        return statistics.scale.item(), net.body.linears[0].feature_gates is not None

    with ablation.without("half the range of mostly one value"), ablation.without("no gates"):
        assert scale_and_gates() == (15.0, False)
    assert scale_and_gates() == (2.0, True)
    with ablation.without(ablation.DEFAULT):
        assert scale_and_gates() == (2.0, True)


@pytest.mark.parametrize("name", ["dropout 0.1", "no dropout", "weight decay 0.1", "weight decay 0.4"])
def test_variants__of_the_networks__leave_the_line_as_it_is(name: str) -> None:
    *networks, line = recipes(name, "classes")
    *_, usual = recipes(ablation.DEFAULT, "classes")

    assert line == usual
    assert line.model == "linear"
    assert "linear" not in [network.model for network in networks]


@pytest.mark.parametrize("kind", KINDS)
def test_usual_stacks_of__table__are_those_of_an_estimator(kind: str) -> None:
    frame = table_of(kind).to_pandas()
    y = frame.pop("y").to_numpy()

    task = "binary" if kind == "classes" else "regression"

    assert (
        ablation.usual_stacks_of(frame, y, task)
        == prepare(table_of(kind), config_from({"target": "y"})).recipe.stacks
    )

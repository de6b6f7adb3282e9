from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from netable.config.optimizers import OPTIMIZER_SPECS
from netable.config.recipe import Recipe
from netable.config.settings import DEFAULTS, Settings, config_from
from netable.fit.preparation.prepare import prepare
from netable.fit.preparation.resolve import (
    EPOCH_ROWS,
    FEW_ROWS,
    FOLDS,
    LARGE_FOLDS,
    LARGE_STEPS,
    MAX_EPOCHS,
    MIN_EPOCHS,
    PATIENCE,
    STEPS,
    TINY_EPOCHS,
    TINY_FOLDS,
    TINY_ROWS,
    resolve,
    usual_lr,
)
from netable.fit.preparation.usual_stacks import (
    ACTIVATIONS,
    BINS,
    COUNTS,
    DROPOUT,
    FACTORS,
    FEWEST_ROWS_OF_TREES,
    MEANS,
    MOST_COLUMNS_OF_TREES,
    MOST_OUTPUTS_OF_TREES,
    WAVES,
)
from netable.nn.codes import ONE_HOT_LEVELS
from netable.table.encode import Encoder
from netable.table.rows import Rows
from netable.table.schema import Schema
from netable.table.target import Target

# The device of another machine.
MAY_STAY_AUTO = {"device"}


def table_of(n_rows: int) -> pa.Table:
    x = np.random.default_rng(0).normal(size=(3, n_rows))
    return pa.table({"a": x[0], "b": x[1], "y": x.sum(0), "k": np.where(x[2] > 0, "p", "q")})


def resolved(
    config: Settings,
    n_rows: int = 600,
    *,
    one_network: bool = False,
    table: pa.Table | None = None,
    times: int = 1,
) -> Recipe:
    """The recipe for a table, or for one of so many times as many rows, of which it is a sample."""
    table = table_of(n_rows) if table is None else table
    assert isinstance(config.target, str)
    target = Target.infer(table, config.target, config.task)
    schema, selected = Schema.infer(table, exclude=["y", "k"])
    encoder = Encoder.learn(schema, selected)
    rows = Rows(encoder.encode(selected), target.encode(table), np.ones(table.num_rows))
    n_rows = times * table.num_rows
    return resolve(config, table, target, encoder, rows, n_rows=n_rows, one_network=one_network)


# Those of numbers alone, which have no means.
NETWORKS = [BINS, WAVES]


def open_settings(config: Settings) -> set[str]:
    return {name for name, value in vars(config).items() if isinstance(value, str) and value == "auto"}


EFFORTS = ["fast", "standard", "best"]


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("target", ["y", "k"])
@pytest.mark.parametrize("n_rows", [60, 300, 3000])
@pytest.mark.parametrize("one_network", [True, False])
def test_resolve__every_effort__leaves_nothing_open(
    effort: str, target: str, n_rows: int, one_network: bool
) -> None:
    config = resolved(Settings(target=target, effort=effort), n_rows, one_network=one_network)

    assert open_settings(config) <= MAY_STAY_AUTO
    for own in config.of_stacks():
        assert open_settings(own) <= MAY_STAY_AUTO
        assert own.embedding in ("none", "bins", "periodic")
    assert config.effort == effort


@pytest.mark.parametrize("effort", EFFORTS)
def test_resolve__effort__decides_stacks_folds_and_steps(effort: str) -> None:
    config = resolved(Settings(target="y", effort=effort))

    assert list(config.stacks[:2]) == NETWORKS
    assert [own.model for own in config.of_stacks()[COUNTS[effort] :]] == ["trees", "linear"]
    assert config.folds == FOLDS[effort]
    per_epoch = -(-round(600 * (1 - 1 / FOLDS[effort])) // 256)
    assert config.max_epochs == min(MAX_EPOCHS, max(MIN_EPOCHS, STEPS[effort] // per_epoch))


@pytest.mark.parametrize("effort", EFFORTS)
def test_resolve__table_beyond_memory__takes_a_budget_of_steps_whatever_its_rows(effort: str) -> None:
    some, many = (resolved(Settings(target="y", effort=effort), times=10**power) for power in (4, 6))

    assert some.folds == many.folds == LARGE_FOLDS[effort]
    assert many.batch_size == 2048
    assert some.max_epochs == many.max_epochs == LARGE_STEPS[effort] * many.batch_size // EPOCH_ROWS
    assert resolved(Settings(target="y", max_epochs=3, folds=5), times=10**6).max_epochs == 3


@pytest.mark.parametrize(
    ("target", "n_rows", "effort", "folds"),
    [
        ("k", FEW_ROWS - 1, "standard", FOLDS["best"]),
        ("k", FEW_ROWS, "best", FOLDS["best"]),
        ("k", FEW_ROWS, "standard", FOLDS["standard"]),
        ("k", FEW_ROWS - 1, "fast", FOLDS["fast"]),
        ("y", FEW_ROWS - 1, "standard", FOLDS["standard"]),
        ("k", TINY_ROWS - 1, "standard", TINY_FOLDS),
    ],
)
def test_resolve__classes_of_few_rows__have_more_folds(
    target: str, n_rows: int, effort: str, folds: int
) -> None:
    assert resolved(Settings(target=target, effort=effort), n_rows).folds == folds


def test_resolve__optimizer_that_learns_more_slowly__takes_more_steps() -> None:
    muon, adamw = (resolved(Settings(target="y", optimizer=name), 20_000) for name in ("muon", "adamw"))

    more = OPTIMIZER_SPECS["adamw"].more_steps
    assert muon.max_epochs * more <= adamw.max_epochs < (muon.max_epochs + 1) * more


@pytest.mark.parametrize("effort", EFFORTS)
def test_resolve__line_beside_networks__has_steps_of_its_own(effort: str) -> None:
    config = resolved(Settings(target="y", effort=effort))
    line = config.of_stacks()[-1]

    assert (line.model, line.embedding, line.optimizer) == ("linear", "none", "adamw")
    assert (line.lr, line.weight_decay) == (OPTIMIZER_SPECS["adamw"].linear_lr, 0.0)
    assert (config.optimizer, config.lr) == ("muon", usual_lr(config, "regression"))


@pytest.mark.parametrize(("n_rows", "decay"), [(300, 0.3), (2500, 0.22), (12_500, 0.1), (50_000, 0.05)])
def test_resolve__weight_decay__falls_with_the_root_of_the_rows(n_rows: int, decay: float) -> None:
    assert resolved(Settings(target="y"), n_rows).weight_decay == decay


@pytest.mark.parametrize(("n_rows", "model"), [(60, "auto"), (300, "linear")])
def test_resolve__tiny_tables_and_lines__take_adamw(n_rows: int, model: str) -> None:
    assert resolved(Settings(target="y", model=model), n_rows).optimizer == "adamw"


SETTINGS: list[dict[str, Any]] = [
    {"lr": 0.5},
    {"weight_decay": 0.3},
    {"batch_size": 17},
    {"max_epochs": 3},
    {"folds": 3},
    {"patience": 5},
    {"precision": "bfloat16"},
    {"schedule": "constant"},
    {"seed": 11},
    {"model": "linear"},
]


@pytest.mark.parametrize("n_rows", [60, 300])
@pytest.mark.parametrize("setting", SETTINGS)
def test_resolve__setting_that_is_given__wins(setting: dict[str, Any], n_rows: int) -> None:
    config = resolved(Settings(target="y", **setting), n_rows)

    assert {name: getattr(config, name) for name in setting} == setting


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize(
    "setting",
    [
        {"hidden_layer_sizes": (32,)},
        {"activation": "tanh"},
        {"dropout": 0.5},
        {"lr": 0.5},
        {"weight_decay": 0.3},
    ],
)
def test_resolve__setting_that_is_given__holds_in_every_stack(setting: dict[str, Any], effort: str) -> None:
    config = resolved(Settings(target="y", effort=effort, **setting))

    [(name, value)] = setting.items()
    networks = [own for own in config.of_stacks() if own.model != "trees"]
    assert {getattr(own, name) for own in networks} == {value}
    # What was not given is as without it.
    usual = resolved(Settings(target="y", effort=effort)).stacks
    for mine, without in list(zip(config.stacks, usual, strict=True))[:-2]:
        assert dict(mine) == {key: value for key, value in without.items() if key != name}


def test_resolve__seed__reaches_every_stack() -> None:
    seeds = [
        {own.seed for own in resolved(Settings(target="y", effort="best", seed=seed)).of_stacks()}
        for seed in (0, 100)
    ]

    assert len(seeds[0]) == len(seeds[1]) > 2
    assert not seeds[0] & seeds[1]


@pytest.mark.parametrize("embedding", ["none", "bins", "periodic"])
@pytest.mark.parametrize("effort", EFFORTS)
def test_resolve__embedding_that_is_given__is_that_of_one_stack(embedding: str, effort: str) -> None:
    config = resolved(Settings(target="y", embedding=embedding, effort=effort))

    assert config.stacks == ({},)
    [own] = config.of_stacks()
    assert (own.embedding, own.hidden_layer_sizes) == (embedding, DEFAULTS.hidden_layer_sizes)


def names_of(config: Recipe) -> list[str]:
    """The inputs of each network beside trees and the line."""
    return [own.categories if own.categories == "means" else own.embedding for own in config.of_stacks()[:-2]]


@pytest.mark.parametrize(
    ("levels", "second"), [(0, "periodic"), (ONE_HOT_LEVELS, "periodic"), (ONE_HOT_LEVELS + 1, "means")]
)
@pytest.mark.parametrize("effort", ["fast", "standard"])
def test_resolve__category_of_many_levels__has_means_in_place_of_waves(
    effort: str, levels: int, second: str
) -> None:
    table = table_of(600)
    if levels:
        table = table.append_column("c", pa.array([f"l{i % levels}" for i in range(600)]))

    assert names_of(resolved(Settings(target="y", effort=effort), table=table)) == ["bins", second]


def test_resolve__more_classes_than_means_have_room_for__have_waves() -> None:
    many = [f"l{i % 20}" for i in range(600)]
    classes = [f"class {i % 9}" for i in range(600)]
    table = table_of(600).drop_columns(["y"]).append_column("c", pa.array(many))

    config = resolved(Settings(target="y"), table=table.append_column("y", pa.array(classes)))

    assert names_of(config) == ["bins", "periodic"]


@pytest.mark.parametrize(("sharpness", "second"), [(1, "periodic"), (5, "means")])
def test_resolve__target_that_depends_sharply_on_two_numbers__has_means_in_place_of_waves(
    sharpness: int, second: str
) -> None:
    a, b = np.random.default_rng(0).random((2, 8000))
    y = np.sin(2 * np.pi * sharpness * a) * np.sin(2 * np.pi * sharpness * b)

    config = resolved(Settings(target="y"), table=pa.table({"a": a, "b": b, "y": y, "k": y}))

    assert names_of(config) == ["bins", second]


@pytest.mark.parametrize(
    ("n_rows", "classes", "columns", "has_trees"),
    [
        (FEWEST_ROWS_OF_TREES - 1, 2, 2, False),
        (FEWEST_ROWS_OF_TREES, 2, 2, True),
        (1_000, MOST_OUTPUTS_OF_TREES, 2, True),
        (1_000, MOST_OUTPUTS_OF_TREES + 1, 2, False),
        (500, 2, MOST_COLUMNS_OF_TREES, True),
        (500, 2, MOST_COLUMNS_OF_TREES + 1, False),
    ],
)
def test_resolve__few_rows_many_classes_or_columns__have_no_trees(
    n_rows: int, classes: int, columns: int, has_trees: bool
) -> None:
    x = np.random.default_rng(0).normal(size=(columns, n_rows))
    y = pa.array([f"class {i % classes}" for i in range(n_rows)])

    config = resolved(
        Settings(target="y"), table=pa.table({f"x{i}": part for i, part in enumerate(x)} | {"y": y, "k": y})
    )

    assert ("trees" in [own.model for own in config.of_stacks()]) is has_trees


@pytest.mark.parametrize("target", ["y", "k"])
def test_resolve__best__has_the_stacks_of_standard_and_variants_within_the_ranges(target: str) -> None:
    best, standard = (resolved(Settings(target=target, effort=effort)) for effort in ("best", "standard"))

    assert [own for own in best.stacks if "seed" not in own] == list(standard.stacks)
    variants = [own for own in best.of_stacks() if own.seed]
    assert len({own.seed for own in variants}) == len(variants) == COUNTS["best"] - len(NETWORKS)
    for own in variants:
        for name, (least, most) in FACTORS.items():
            assert least * 0.99 <= getattr(own, name) / getattr(best, name) <= most * 1.01
        assert 0 <= own.dropout <= DROPOUT[best.task]
        assert 1 <= len(own.hidden_layer_sizes) <= 4
        assert own.activation in ACTIVATIONS
    assert len({own.lr for own in variants}) == len(variants)


def test_resolve__best__has_waves_beside_means() -> None:
    table = table_of(600).append_column("c", pa.array([f"l{i % (ONE_HOT_LEVELS + 1)}" for i in range(600)]))

    config = resolved(Settings(target="y", effort="best"), table=table)

    assert list(config.stacks[:3]) == [BINS, MEANS, WAVES]
    assert len(config.stacks) == COUNTS["best"] + 2


@pytest.mark.parametrize("categories", ["levels", "means"])
def test_resolve__categories_that_are_given__are_those_of_one_stack(categories: str) -> None:
    config = resolved(Settings(target="y", categories=categories))

    assert (config.stacks, config.categories) == (({},), categories)


@pytest.mark.parametrize("model", ["mlp", "linear"])
def test_resolve__model_that_is_given__is_one_plain_stack(model: str) -> None:
    config = resolved(Settings(target="y", model=model))

    assert (config.model, config.embedding, config.stacks) == (model, "none", ({},))


@pytest.mark.parametrize("n_rows", [60, 300])
def test_resolve__stacks_that_are_given__are_taken(n_rows: int) -> None:
    stacks = ({"embedding": "periodic", "dropout": 0.3}, {"embedding": "none", "seed": 3})

    config = resolved(Settings(target="y", stacks=stacks, dropout=0.2), n_rows)

    assert config.stacks == stacks
    first, second = config.of_stacks()
    assert (first.embedding, first.dropout, first.seed) == ("periodic", 0.3, 0)
    assert (second.embedding, second.dropout, second.seed) == ("none", 0.0 if n_rows == 60 else 0.2, 3)


def test_resolve__auto_in_a_stack__is_what_holds_for_all() -> None:
    stacks = ({"embedding": "bins", "lr": "auto", "weight_decay": "auto"}, {"embedding": "auto", "seed": 3})

    config = resolved(Settings(target="y", stacks=stacks))

    for own in config.of_stacks():
        assert open_settings(own) <= MAY_STAY_AUTO
        assert (own.lr, own.weight_decay) == (config.lr, config.weight_decay)


@pytest.mark.parametrize(
    "stacks", [({"embedding": "bins"}, {"seed": 3}), ({"seed": 3}, {"embedding": "bins"})]
)
def test_resolve__stack_without_an_embedding__has_that_of_the_configuration(
    stacks: tuple[dict[str, Any], ...],
) -> None:
    plain = [
        resolved(Settings(target="y", stacks=stacks, embedding=e)).of_stacks() for e in ("auto", "periodic")
    ]

    without = ["embedding" not in own for own in stacks].index(True)
    assert [configs[without].embedding for configs in plain] == ["none", "periodic"]
    assert [configs[1 - without].embedding for configs in plain] == ["bins", "bins"]


@pytest.mark.parametrize("effort", EFFORTS)
def test_resolve__tiny_tables__get_one_plain_stack(effort: str) -> None:
    config = resolved(Settings(target="y", effort=effort), TINY_ROWS - 1)

    assert (config.stacks, config.embedding, config.dropout) == (({},), "none", 0.0)
    assert (config.folds, config.batch_size, config.max_epochs) == (TINY_FOLDS, TINY_ROWS - 1, TINY_EPOCHS)
    assert config.schedule == "cosine"
    assert len(resolved(Settings(target="y"), TINY_ROWS).stacks) == len(NETWORKS) + 1


@pytest.mark.parametrize(
    ("settings", "patience"),
    [
        ({}, None),
        ({"schedule": "cosine"}, PATIENCE),
        ({"schedule": "constant"}, PATIENCE),
        ({"patience": 3}, 3),
    ],
)
def test_resolve__patience__is_left_to_waves_where_there_are_any(
    settings: dict[str, Any], patience: int | None
) -> None:
    assert resolved(Settings(target="y", **settings)).patience == patience


REPEATED: list[dict[str, Any]] = [
    *({"effort": effort} for effort in EFFORTS),
    {"embedding": "periodic", "schedule": "cosine"},
    {"model": "linear", "optimizer": "sgd"},
    {"folds": 1, "seed": 5, "effort": "best"},
    {"stacks": ({"embedding": "bins", "hidden_layer_sizes": [8, 4], "lr": "auto"}, {})},
    {"hidden_layer_sizes": (16,), "dropout": 0.3, "effort": "best"},
]


@pytest.mark.parametrize("n_rows", [60, 300])
@pytest.mark.parametrize("target", ["y", "k"])
@pytest.mark.parametrize("settings", REPEATED)
def test_resolve__resolved_configuration__resolves_to_itself(
    settings: dict[str, Any], target: str, n_rows: int
) -> None:
    once = resolved(Settings(target=target, **settings), n_rows)

    plain = once.to_dict()
    assert config_from(plain).to_dict() == plain
    assert yaml.safe_load(yaml.safe_dump(plain)) == plain
    again = resolved(config_from(yaml.safe_load(yaml.safe_dump(plain))), n_rows)

    assert again.to_dict() == plain
    assert [c.to_dict() for c in again.of_stacks()] == [c.to_dict() for c in once.of_stacks()]


def test_prepare__resolved_configuration__prepares_the_same() -> None:
    table = table_of(600).drop_columns(["k"])
    first = prepare(table, Settings(target="y"), None, None, None)
    again = prepare(table, config_from(first.recipe.to_dict()), None, None, None)

    assert again.recipe.to_dict() == first.recipe.to_dict()
    for mine, other in zip(first.plan.train_rows, again.plan.train_rows, strict=True):
        assert np.array_equal(mine, other)


@pytest.mark.parametrize(
    ("n_rows", "max_epochs", "schedule"),
    [(300, "auto", "coslog5"), (300, 20, "coslog4"), (60, "auto", "cosine"), (60, 20, "cosine")],
)
def test_resolve__schedule__depends_on_rows_and_epochs(
    n_rows: int, max_epochs: int | str, schedule: str
) -> None:
    config = Settings(target="y", max_epochs=max_epochs)  # type: ignore[arg-type]

    assert resolved(config, n_rows).schedule == schedule

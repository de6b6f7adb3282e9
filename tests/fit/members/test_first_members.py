from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.fit.members.first_members import Beginning, begin, seeds
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.preparation.prepare import prepare
from preparation import first, prepared, set_rows, table_of
from small import QUICK


def beginning(table: pa.Table, **settings: Any) -> Beginning:
    p = prepare(table, Settings(target="y", **QUICK | settings))
    rows = MemberRows.of(p)
    [recipe] = p.recipe.of_stacks()
    return begin(p, recipe, rows, learn_member_statistics(p, [recipe], rows), None)


def line(rng: np.random.Generator, n_rows: int = 150) -> pa.Table:
    x = rng.normal(size=n_rows)
    return pa.table({"x": x, "y": 3 * x + 1})


@pytest.mark.parametrize(("model", "has_gates"), [("mlp", True), ("resnet", True), ("linear", False)])
def test_begin__network__has_gates_until_it_is_trained(
    model: str, has_gates: bool, rng: np.random.Generator
) -> None:
    settings = {"model": model, "embedding": "none"}
    table = line(rng)

    assert (beginning(table, **settings).net.body.linears[0].feature_gates is not None) == has_gates
    model_of_table = fit(table, Settings(target="y", **QUICK | settings))
    assert model_of_table.net.stacks[0].body.linears[0].feature_gates is None


@pytest.mark.filterwarnings("ignore:Farther outside")
def test_begin__linear_model_alone__goes_on_beyond_the_data(rng: np.random.Generator) -> None:
    table, far = line(rng), pa.table({"x": [100.0]})
    alone = fit(table, Settings(target="y", **QUICK | {"model": "linear", "embedding": "none"}))
    beside = fit(table, Settings(target="y", stacks=({"model": "linear", "embedding": "none"},), **QUICK))
    y = table.column("y").to_numpy()

    assert float(alone.predict(far)[0]) == pytest.approx(301, rel=1e-3)
    assert float(beside.predict(far)[0]) <= y.max() + 0.1 * np.ptp(y) + 1e-3


def test_first_members__values_of_held_out_rows__change_nothing_that_the_member_has_learned(
    rng: np.random.Generator,
) -> None:
    table = table_of(rng)
    before = prepared(table, folds=4)
    for member, held in enumerate(before.plan.held_out):
        changed = set_rows(table, "x", held.rows, 5.5)
        changed = set_rows(changed, "y", held.rows, -40.0)
        after = prepared(set_rows(changed, "c", held.rows, "a"), folds=4)
        assert after.plan.held_out[member].rows.tolist() == held.rows.tolist()
        (net, objective), (other, other_objective) = (first(p) for p in (before, after))
        for name in ("center", "scale", "position"):
            mine, others = getattr(net.inputs, name), getattr(other.inputs, name)
            assert torch.equal(mine[member], others[member])
        assert not torch.equal(net.inputs.center, other.inputs.center)
        assert objective.scale is not None
        assert other_objective.scale is not None
        assert torch.equal(objective.scale.center[member], other_objective.scale.center[member])
        assert torch.equal(objective.scale.deviation[member], other_objective.scale.deviation[member])


def test_first_members__statistics__are_those_of_the_training_rows(rng: np.random.Generator) -> None:
    table = table_of(rng)
    p = prepared(table, folds=3, model="linear")
    net, objective = first(p)
    x, y = table.column("x").to_numpy(), table.column("y").to_numpy()

    for member, rows in enumerate(p.plan.train_rows):
        assert net.inputs.center[member, 0] == pytest.approx(x[rows].mean(), rel=1e-5)
        assert net.inputs.scale[member, 0] == pytest.approx(x[rows].std(), rel=1e-5)
        assert objective.scale is not None
        assert objective.scale.center[member].item() == pytest.approx(y[rows].mean(), rel=1e-5)
        assert objective.scale.deviation[member].item() == pytest.approx(y[rows].std(), rel=1e-5)


def test_first_members__a_level_outside_the_training_rows__counts_as_unseen(rng: np.random.Generator) -> None:
    p = prepared(table_of(rng), folds=3)
    table = set_rows(table_of(np.random.default_rng(0)), "c", p.plan.held_out[1].rows[:3], "rare")
    p = prepared(table, folds=3)
    net, _ = first(p)
    code = 2 + p.encoder.levels["c"].index("rare")
    net.eval()
    codes = torch.tensor([[1], [code]])
    features = net.inputs(torch.zeros(2, 1), codes)

    assert torch.equal(features[1, 0], features[1, 1])
    assert not torch.equal(features[0, 0], features[0, 1])


def test_first_members__classes__begin_with_their_shares_of_the_training_rows(
    rng: np.random.Generator,
) -> None:
    for labels, p in (("ab", [0.8, 0.2]), ("abc", [0.7, 0.2, 0.1])):
        table = table_of(rng, y=rng.choice(list(labels), 120, p=p))
        ready = prepared(table, folds=3)
        net, objective = first(ready)
        net.eval()
        guess = objective.predict(net(torch.zeros(1, 1), torch.zeros(1, 1, dtype=torch.int64)))
        for member, rows in enumerate(ready.plan.train_rows):
            shares = np.bincount(ready.rows.y[rows]) / len(rows)
            assert guess[member, 0].detach().numpy() == pytest.approx(shares, abs=1e-5)


def test_seeds__streams__differ_among_themselves_and_between_runs() -> None:
    first, other = seeds(Settings(seed=0)), seeds(Settings(seed=1))

    assert len({*first, *other}) == 6
    assert first == seeds(Settings(seed=0))

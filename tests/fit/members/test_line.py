from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from sklearn.linear_model import Ridge

from netable.config.settings import Settings
from netable.fit.members.first_members import first_members
from netable.fit.members.line import RIDGES, can_be_solved, start_at_least_squares
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.members.stacks import train_members
from netable.fit.preparation.prepare import Prepared, prepare
from netable.nn import TableNet
from small import QUICK


def law(rng: np.random.Generator, n_rows: int = 300, n_columns: int = 3, noise: float = 0.0) -> pa.Table:
    X = rng.normal(size=(n_rows, n_columns)) * 10.0 ** np.arange(n_columns)
    y = X @ (3.0 / 10.0 ** np.arange(n_columns)) + 5 + noise * rng.normal(size=n_rows)
    return pa.table({f"x{i}": column for i, column in enumerate(X.T)} | {"y": y})


def prepared(table: pa.Table, **settings: Any) -> Prepared:
    return prepare(table, Settings(**{"target": "y", "model": "linear", "folds": 3} | settings))


def solved(p: Prepared) -> TableNet:
    rows = MemberRows.of(p)
    net, objective = first_members(p, p.recipe, rows, learn_member_statistics(p, [p.recipe], rows))
    start_at_least_squares(net, objective, rows)
    return net


def test_start__exact_law__is_found(rng: np.random.Generator) -> None:
    table = law(rng)
    trained = train_members(prepared(table))

    y = table.column("y").to_numpy()
    assert np.abs(trained.outcome[:, 0] - y).max() < 1e-4 * y.std()


def test_start__decomposition_that_does_not_converge__begins_at_the_mean(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise torch.linalg.LinAlgError("The algorithm failed to converge.")

    monkeypatch.setattr(torch.linalg, "svd", fails)
    trained = train_members(prepared(law(rng), max_epochs=2))

    assert np.isfinite(trained.outcome).all()


def test_start__exact_law_beside_networks__has_the_whole_blend(rng: np.random.Generator) -> None:
    trained = train_members(
        prepared(law(rng), **QUICK | {"model": "auto", "stacks": ({}, {"model": "linear"})})
    )

    assert trained.weights.tolist() == [0, 1]


def test_start__weights_and_noise__is_ridge_regression_by_cross_validation(rng: np.random.Generator) -> None:
    table = law(rng, n_rows=200, n_columns=20, noise=20.0)
    p = prepared(table, folds=2)
    weight = rng.uniform(0.1, 1, 200)
    p.rows.weight[:] = weight
    rows = p.plan.train_rows[0]
    net = solved(p)
    x = net.inputs(*MemberRows.of(p).inputs)[0, rows].double().numpy()
    y = table.column("y").to_numpy()[rows]
    share = weight[rows] / weight[rows].sum()
    centred = x - share @ x

    def estimated(ridge: float) -> tuple[float, np.ndarray]:
        fitted = Ridge(alpha=ridge, solver="svd").fit(x, y, sample_weight=share)
        hat = centred @ np.linalg.inv(centred.T @ (share[:, None] * centred) + ridge * np.eye(x.shape[1]))
        freedom = 1 + np.trace(hat @ (share[:, None] * centred).T)
        return share @ (fitted.predict(x) - y) ** 2 / (1 - freedom / len(y)) ** 2, fitted.coef_

    mean_square = np.square(np.linalg.svd(np.sqrt(share)[:, None] * centred, compute_uv=False)).mean()
    tried = [estimated(float(ridge) * mean_square) for ridge in RIDGES if ridge > 1e-9]
    expected = min(tried, key=lambda one: one[0])[1]

    found = net.body.head.weight[0, :, 0].detach().numpy()
    np.testing.assert_allclose(found / np.linalg.norm(found), expected / np.linalg.norm(expected), atol=1e-4)


def test_start__as_many_columns_as_rows__is_not_fitted_to_noise(rng: np.random.Generator) -> None:
    columns = {f"x{i}": rng.normal(size=120) for i in range(110)}
    p = prepared(pa.table(columns | {"y": rng.normal(size=120)}))

    outcome = train_members(p).outcome[:, 0]
    assert np.square(outcome - p.rows.y[:, 0]).mean() < 1.2 * p.rows.y.var()


def test_start__held_out_rows__change_nothing(rng: np.random.Generator) -> None:
    table = law(rng, noise=1.0)
    before = prepared(table)
    held = before.plan.held_out[0].rows
    y = table.column("y").to_numpy().copy()
    y[held] = -1e4
    after = prepared(table.set_column(3, "y", pa.array(y)))

    first, second = (solved(p).body.head.weight for p in (before, after))
    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[1], second[1])


@pytest.mark.parametrize("change", [{"loss": "mae"}, {"model": "mlp"}])
def test_can_be_solved__other_losses_and_networks__no(
    rng: np.random.Generator, change: dict[str, str]
) -> None:
    p = prepared(law(rng), **change)
    rows = MemberRows.of(p)

    assert not can_be_solved(*first_members(p, p.recipe, rows, learn_member_statistics(p, [p.recipe], rows)))

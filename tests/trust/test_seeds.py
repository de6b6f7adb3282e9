"""Over thirty seeds: fits differ as their members do and no more, and random labels score at chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from netable.config.settings import Settings
from netable.fit.fit import fit

SEEDS = 30
QUICK: dict[str, Any] = {
    "target": "y",
    "folds": 4,
    "max_epochs": 10,
    "hidden_layer_sizes": (16,),
    "stacks": ({"embedding": "bins"},),
}


def curve(rng: np.random.Generator, rows: int) -> pa.Table:
    x = rng.normal(size=(rows, 3))
    y = np.sin(2 * x[:, 0]) + x[:, 0] * x[:, 1] + 0.5 * rng.normal(size=rows)
    return pa.table({f"x{i}": x[:, i] for i in range(3)} | {"y": y})


@pytest.mark.slow
def test_seeds__same_table__members_of_other_runs_differ_as_those_of_one_run() -> None:
    rng = np.random.default_rng(0)
    table, fresh = curve(rng, 400), curve(rng, 300)
    members, models = [], []
    for seed in range(SEEDS):
        model = fit(table, Settings(**QUICK, seed=seed))
        encoded = model.encode(model.read(fresh))
        stack = model.net.stacks[0]
        said = model.objective.predict(
            stack(*(torch.from_numpy(part) for part in (encoded.numbers, encoded.codes)))
        )
        members.append(said[..., 0].numpy())
        models.append(model.predict(fresh))

    by_run = np.stack(members)  # (seeds, members, rows)
    within, across = by_run.var(1, ddof=1).mean(), by_run.var(0, ddof=1).mean()
    of_models = np.stack(models).var(0, ddof=1).mean()
    assert 0.8 < across / within < 1.25
    # Folds of one run differ more than rows drawn anew would, which makes their means more alike.
    assert 0.5 < of_models / (within / QUICK["folds"]) < 1.5


@pytest.mark.slow
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_seeds__random_labels__score_at_chance_within_their_confidence_interval(task: str) -> None:
    found = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(100 + seed)
        table = curve(rng, 300)
        y = rng.normal(size=300) if task == "regression" else rng.choice(["no", "yes"], 300)
        levels = rng.choice([f"level {i}" for i in range(30)], 300)
        table = table.set_column(3, "y", pa.array(y)).append_column("c", pa.array(levels))
        model = fit(table, Settings(**QUICK, seed=seed))
        assert model.out_of_fold is not None
        valid, baseline = model.results["valid"], model.results["baseline"]
        # Of ranks for classes; of numbers, what an honest constant loses more or less.
        found.append(valid["r2"] - baseline["r2"] if task == "regression" else valid["roc_auc"] - 0.5)

    mean, error = np.mean(found), np.std(found, ddof=1) / np.sqrt(SEEDS)
    assert mean < 2.5 * error
    if task == "binary":  # below chance would be wrong too; numbers may lose, as there is noise to be learned
        assert mean > -2.5 * error

"""A small table with every kind of column, and settings for a quick run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import torch
from torch import Tensor

from netable.config.recipe import Recipe

QUICK = {"embedding": "none", "max_epochs": 2, "hidden_layer_sizes": (4,), "folds": 2}


def recipe_of(**settings: Any) -> Recipe:
    """A recipe of one stack for a regression."""
    decided = {
        "task": "regression",
        "target_transform": "none",
        "model": "mlp",
        "embedding": "none",
        "categories": "levels",
        "stacks": ({},),
        "dropout": 0.0,
        "optimizer": "adamw",
        "lr": 0.01,
        "weight_decay": 0.0,
        "schedule": "constant",
        "batch_size": 32,
        "max_epochs": 2,
        "patience": None,
        "folds": 2,
        "precision": "float32",
    }
    return Recipe(**decided | settings)


def make_table(n_rows: int = 120) -> pa.Table:
    """Numbers with gaps, a category with a gap, a flag, a date, and four targets that depend on them."""
    rng = np.random.default_rng(7)
    size, age = rng.normal(size=n_rows), rng.uniform(20, 60, n_rows)
    city = rng.choice(["Busan", "Seoul", "서귀포"], n_rows)
    flag = rng.random(n_rows) < 0.4
    days = rng.integers(0, 3000, n_rows).astype("datetime64[D]").astype("datetime64[us]")
    price = 3 * size + (city == "Seoul") + 0.05 * age + rng.normal(size=n_rows) * 0.1
    return pa.table(
        {
            "size": pa.array(size, mask=rng.random(n_rows) < 0.1),
            "age": age,
            "도시": pa.array(city, mask=rng.random(n_rows) < 0.1),
            "garden": flag,
            "sold": pa.array(days),
            "price": price,
            "rooms": 2 * age - size,
            "dear": np.where(price > np.median(price), "yes", "no"),
            "third": np.array(["a", "b", "c"])[np.digitize(size, [-0.4, 0.4])],
        }
    )


def mixed_frame(rows: int = 90) -> pd.DataFrame:
    """Numbers with gaps, a category with a gap, a flag, a date, names, an empty column, and three targets."""
    rng = np.random.default_rng(3)
    size = rng.normal(size=rows)
    city = rng.choice(["a{1}", "b", "c"], rows)
    return pd.DataFrame(
        {
            "size [m²]": np.where(rng.random(rows) < 0.1, np.nan, size),
            "city": pd.Series(city).where(rng.random(rows) > 0.1).astype("category"),
            "garden": rng.random(rows) < 0.5,
            "sold": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), unit="D"),
            "name": [f"n{row}" for row in range(rows)],
            "empty": np.full(rows, np.nan),
            "price": size + (city == "b"),
            "dear": np.where(size > 0, "yes", "no"),
            "third": np.digitize(size, [-0.4, 0.4]),
        }
    )


def line(n: int = 40) -> tuple[Tensor, Tensor]:
    """Rows of three numbers, and what follows from them by a plane: (n, 3) and (n, 1)."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    return x, x @ torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.float64) + 3

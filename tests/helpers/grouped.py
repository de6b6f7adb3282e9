"""A small table whose target depends on pairs of levels, and a model that sees these by their means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import torch

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.model import Model
from netable.table.reading.read import read


def grouped_table(n_rows: int = 300) -> pa.Table:
    """Categories of many and few levels, numbers of many and few values, one of them large; a date; gaps."""
    rng = np.random.default_rng(5)
    many, few = rng.integers(0, 20, n_rows), rng.integers(0, 4, n_rows)
    tenths, large = np.round(rng.normal(size=n_rows), 1), rng.normal(size=n_rows) + 1e6
    days = rng.integers(0, 900, n_rows).astype("datetime64[D]").astype("datetime64[us]")
    y = many * 7 % 13 / 5 + (few == 2) * (tenths > 0) + large - 1e6
    gaps = rng.random((2, n_rows)) < 0.1
    return pa.table(
        {
            "many": pa.array([f"l{i}" for i in many], mask=gaps[0]),
            "few": [f"n{i}" for i in few],
            "tenths": pa.array(tenths, mask=gaps[1]),
            "large": large,
            "day": pa.array(days),
            "y": y,
            "is_much": np.where(y > np.median(y), "yes", "no"),
            "third": np.array(["a", "b", "c"])[np.digitize(y, np.quantile(y, [0.3, 0.7]))],
        }
    )


def grouped_model(target: str = "y", **settings: Any) -> Model:
    """A model with means, whose head is drawn at random, so that every feature counts."""
    table = grouped_table()
    others = [name for name in ("y", "is_much", "third") if name != target]
    given = {
        "categories": "means",
        "embedding": "none",
        "max_epochs": 2,
        "folds": 3,
        "hidden_layer_sizes": (4,),
    }
    model = fit(read(table.drop_columns(others)), Settings(target=target, **{**given, **settings}))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for stack in model.net.stacks:
            stack.body.head.weight.normal_(generator=generator)
    return model

"""Small models of every kind, with tables that they can predict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.model import Model
from netable.table.reading.read import read

QUICK: dict[str, Any] = {"max_epochs": 2, "folds": 2, "hidden_layer_sizes": (3,)}


def make_table(rows: int = 120) -> pa.Table:
    """A column of every kind, and targets."""
    rng = np.random.default_rng(7)
    size = rng.normal(size=rows)
    table = pa.table(
        {
            "size": pa.array(size, mask=rng.random(rows) < 0.1),
            "cost": [f"$ {value:,.2f}" for value in rng.uniform(5, 5000, rows)],
            "도시": pa.array(rng.choice(["Busan", "Seoul", "서귀포"], rows), mask=rng.random(rows) < 0.1),
            "code": [f"c{i}" for i in rng.integers(0, 12, rows)],
            "garden": np.where(rng.random(rows) < 0.4, "yes", "no"),
            "sold": pa.array(rng.integers(0, 3000, rows).astype("datetime64[D]").astype("datetime64[us]")),
            "price": np.exp(size / 3) + 1,
            "rooms": 2 * size + rng.normal(size=rows),
            "third": np.array(["a", "b", "c"])[np.digitize(size, [-0.4, 0.4])],
        }
    )
    return read(table)


def make_models() -> Iterator[tuple[Model, pa.Table]]:
    """Each with rows to predict and to judge by."""
    table = make_table()
    one = table.drop_columns(["rooms", "third"])
    yield fit(one, Settings(target="price", embedding="bins", target_transform="log", **QUICK)), one
    both = table.drop_columns(["third"])
    yield fit(both, Settings(target=("price", "rooms"), embedding="periodic", loss="mae", **QUICK)), both
    third = table.drop_columns(["rooms", "price"])
    yield fit(third, Settings(target="third", embedding="none", **QUICK)), third
    numbers = table.select(["size", "rooms", "price"])
    stacks = ({"embedding": "bins"}, {"embedding": "periodic", "seed": 1})
    yield fit(numbers, Settings(target="price", stacks=stacks, **QUICK)), numbers
    garden = table.select(["size", "도시", "garden"]).slice(0, 60)
    yield fit(garden, Settings(target="garden", model="linear", max_epochs=2, folds=2)), garden

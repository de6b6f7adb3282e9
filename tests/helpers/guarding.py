"""Rows for the guard: a model's columns learned from a table, and other rows encoded by them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from netable.model.guard.guard import Guard
from netable.model.guard.reference import Reference
from netable.table.encode import Encoded, Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema


def table_of(n_rows: int, seed: int = 0) -> dict[str, Any]:
    """Two numbers that go together, a category, a flag, a date, and gaps."""
    rng = np.random.default_rng(seed)
    height = rng.normal(170, 10, n_rows)
    return {
        "height": height,
        "weight": height - 100 + rng.normal(0, 3, n_rows),
        "city": rng.choice(["Busan", "Seoul", "Jeju"], n_rows, p=[0.5, 0.4, 0.1]),
        "garden": rng.random(n_rows) < 0.3,
        "sold": np.datetime64("2020-01-01") + rng.integers(0, 900, n_rows).astype("timedelta64[D]"),
        "age": np.where(rng.random(n_rows) < 0.2, np.nan, rng.uniform(20, 60, n_rows)),
    }


def learned_from(columns: dict[str, Any]) -> tuple[Encoder, Reference]:
    """The columns of a table, and their reference."""
    schema, selected = Schema.infer(read(pa.table(columns)))
    encoder = Encoder.learn(schema, selected)
    return encoder, Reference.learn(encoder, encoder.encode(selected))


def encoded(encoder: Encoder, columns: dict[str, Any]) -> Encoded:
    """Other rows, by these columns."""
    return encoder.encode(encoder.schema.select(read(pa.table(columns), storage=encoder.schema.storage)))


def guard_of(learned: tuple[Encoder, Reference], columns: dict[str, Any]) -> Guard:
    """Other rows beside those of training."""
    encoder, reference = learned
    return Guard(reference, encoded(encoder, columns))

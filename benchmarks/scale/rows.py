"""Rows that are hard to learn: heavy tails, gaps, interactions, categories of up to 100,000 levels, dates."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TARGET = "y"
LEVELS = {"few": 8, "hundreds": 500, "thousands": 10_000, "many": 100_000}
NUMBERS = 13
# Rows made at once.
CHUNK = 1 << 18
# Rows that judge all methods, of another seed.
HELD_OUT, HELD_OUT_SEED = 200_000, 1


def write(path: Path, rows: int, seed: int = 0) -> None:
    """Write a Parquet file of so many rows; the first ones do not depend on how many follow."""
    effects = _effects()
    options = {
        "use_dictionary": [*LEVELS],
        "store_schema": False,
    }  # so levels are texts like others when they are read
    with pq.ParquetWriter(path, make(0, 1, effects, seed).schema, **options) as writer:
        for number, start in enumerate(range(0, rows, CHUNK)):
            writer.write_table(make(number, min(CHUNK, rows - start), effects, seed))


def first(rows: int) -> pa.Table:
    """The first rows of every table."""
    effects = _effects()
    starts = enumerate(range(0, rows, CHUNK))
    return pa.concat_tables(
        [plain(make(number, min(CHUNK, rows - start), effects, 0)) for number, start in starts]
    )


def held_out() -> pa.Table:
    """Rows that no table has."""
    return plain(make(0, HELD_OUT, _effects(), HELD_OUT_SEED))


def plain(table: pa.Table) -> pa.Table:
    """With texts in place of dictionaries, as it is read from a file."""
    return table.cast(
        pa.schema([field.with_type(pa.string()) if field.name in LEVELS else field for field in table.schema])
    )


@cache
def _effects() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {name: rng.normal(size=count) for name, count in LEVELS.items()}


def make(number: int, rows: int, effects: dict[str, np.ndarray], seed: int) -> pa.Table:
    """A chunk of rows: 13 numbers, four categories, two dates and a target."""
    rng = np.random.default_rng([seed, number])
    x = rng.standard_normal((NUMBERS, CHUNK))[:, :rows]
    levels = {
        name: (rng.random(CHUNK)[:rows] ** 1.5 * count).astype(np.int64) for name, count in LEVELS.items()
    }
    days = rng.integers(0, 3_650, (2, CHUNK))[:, :rows]
    noise = rng.standard_normal(CHUNK)[:rows]
    gaps = rng.random(CHUNK)[:rows] < 0.05
    y = np.sin(2 * x[0]) + x[1] * x[2] + np.abs(x[3]) + 0.5 * x[4] * (levels["few"] % 2)
    y += sum(effects[name][levels[name]] for name in LEVELS) / 2
    y += np.sin(2 * np.pi * days[0] / 365.25) + 0.3 * (days[1] - days[0]) / 3_650 + 0.5 * noise
    x[5:8] = np.exp(x[5:8])
    columns: dict[str, pa.Array] = {f"x{i}": pa.array(x[i]) for i in range(NUMBERS)}
    columns["x0"] = pa.array(x[0], mask=gaps)
    for name, codes in levels.items():
        columns[name] = pa.DictionaryArray.from_arrays(codes.astype(np.int32), _names(name))
    for name, day in zip(("begun", "ended"), days, strict=True):
        columns[name] = pa.array(day.astype("datetime64[D]"))
    return pa.table(columns | {TARGET: pa.array(y)})


@cache
def _names(name: str) -> pa.Array:
    return pa.array([f"{name} {i:05d}" for i in range(LEVELS[name])])

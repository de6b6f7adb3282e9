"""Small tables, prepared for training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from netable.config.settings import Settings
from netable.fit.members.first_members import first_members
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.preparation.prepare import Prepared, prepare
from netable.nn import TableNet
from netable.train import Objective


def prepared(table: pa.Table, **settings: Any) -> Prepared:
    return prepare(table, Settings(**({"target": "y", "embedding": "none"} | settings)), None, None, None)


def table_of(rng: np.random.Generator, n_rows: int = 120, **columns: Any) -> pa.Table:
    x = rng.normal(size=n_rows)
    return pa.table(
        {"x": x, "c": rng.choice(list("abc"), n_rows), "y": x + rng.normal(size=n_rows)} | columns
    )


def set_rows(table: pa.Table, name: str, rows: np.ndarray, value: Any) -> pa.Table:
    values = table.column(name).to_numpy(zero_copy_only=False).copy()
    values[rows] = value
    return table.set_column(table.column_names.index(name), name, pa.array(values))


def first(p: Prepared) -> tuple[TableNet, Objective]:
    rows = MemberRows.of(p)
    statistics = learn_member_statistics(p, [p.recipe], rows)
    return first_members(p, p.recipe.of_stacks()[0], rows, statistics)

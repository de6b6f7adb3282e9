"""Tables as a run has them before its first step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from netable.config.settings import Settings
from netable.fit.preparation.prepare import Prepared, prepare


def prepared(
    table: pa.Table,
    valid: pa.Table | None = None,
    weight: np.ndarray[Any, Any] | None = None,
    **settings: Any,
) -> Prepared:
    config = Settings(
        **{"target": "y", "folds": 4, "embedding": "none", "target_transform": "none"} | settings
    )
    return prepare(table, config, valid, weight, None)


def numbers(rows: int = 400, **columns: Any) -> pa.Table:
    """Two columns, a target that depends on them, and more columns."""
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, rows))
    return pa.table({"a": a, "b": b, "y": a + 0.5 * b + rng.normal(size=rows)} | columns)

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from netable.deploy.contract.cost import Cost, cost_of
from netable.errors import DataWarning, silence
from serving import ROWS, model_of


def test_cost_of__rows_with_answers__has_both_errors() -> None:
    blend = model_of("regression_blend")
    small, rows = blend.pruned(1), blend.read(ROWS)
    rows = rows.append_column("price", pa.array(np.arange(rows.num_rows, dtype=float)))
    with silence(DataWarning):
        cost = cost_of(blend, small, rows)
        whole, pruned = (model.evaluate(rows)["metrics"]["rmse"] for model in (blend, small))

    assert cost == Cost(cost.rows, "rmse", whole, pruned)
    assert cost.to_dict()["change"] == pytest.approx(pruned / whole - 1)
    assert cost.told().startswith(f"rmse on {cost.rows} rows: ")


def test_cost_of__rows_without_answers__is_none() -> None:
    blend = model_of("regression_blend")

    assert cost_of(blend, blend.pruned(1), ROWS) is None

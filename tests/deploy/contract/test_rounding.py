from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from netable.deploy.contract.rounding import rounding_unit
from netable.errors import DataWarning, silence
from netable.model.file import load

GOLDEN = Path(__file__).parents[2] / "golden" / "v2"


def units(name: str, size: str) -> np.ndarray:
    """The unit of the golden rows, after the first one has got another size."""
    model = load(GOLDEN / f"{name}.netable")
    with silence(DataWarning):
        rows = model.read(str(GOLDEN / "rows.csv"))
        sizes = [float(size), *rows["size"].to_pylist()[1:]]
        encoded = model.encode(rows.set_column(rows.column_names.index("size"), "size", [sizes]))
    return rounding_unit(model, encoded)


@pytest.mark.parametrize("name", ["multiclass_linear", "regression_linear"])
def test_rounding_unit__linear_network__grows_with_numbers_far_out(name: str) -> None:
    near, far, farthest = (units(name, size)[0] for size in ("0.5", "1e5", "1e300"))

    assert 1 == near < far < farthest
    assert farthest / far == pytest.approx(units(name, "1e6")[0] / far, rel=1), "scaled numbers are bounded"


@pytest.mark.parametrize("name", ["multiclass", "regression_bins", "binary"])
def test_rounding_unit__network_that_bounds_numbers__is_1(name: str) -> None:
    assert (units(name, "1e300") == 1).all()

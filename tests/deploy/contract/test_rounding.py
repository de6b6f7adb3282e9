from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from grouped import grouped_table
from grown import grown_model
from netable.deploy.contract.rounding import TOLERANCE, rounding_unit
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


def test_rounding_unit__number_on_a_threshold__is_the_difference_of_leaves() -> None:
    model = grown_model()
    encoded = model.encode(model.read(grouped_table().drop_columns(["y", "is_much", "third"])))
    trees = model.net.stacks[1]
    numbers, codes = (torch.from_numpy(np.asarray(part)) for part in encoded[:2])
    first = trees.features(numbers, trees.look_up(numbers, codes))[0, 0]
    splits, leaves = trees.body.splits, trees.body.head.weight
    assert (rounding_unit(model, encoded) == 1).all()
    feature = int(splits.weight[0, :, 0].argmax())
    leaves[:, : 1 << trees.body.head.depth] = 0
    leaves[0, 3] = 0.25

    splits.bias[0, 0, 0] = -first[feature]
    unit = rounding_unit(model, encoded)

    assert unit[0] == pytest.approx(1 + 0.25 / TOLERANCE)
    assert (unit == 1).any()


@pytest.mark.parametrize("name", ["multiclass", "regression_bins", "binary"])
def test_rounding_unit__network_that_bounds_numbers__is_1(name: str) -> None:
    assert (units(name, "1e300") == 1).all()

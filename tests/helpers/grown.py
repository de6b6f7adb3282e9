"""Trees beside networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from grouped import grouped_table
from netable.config.settings import Settings
from netable.deploy.export import Exported
from netable.fit.fit import fit
from netable.model.model import Model
from netable.nn.bodies.trees import ObliviousTrees
from netable.table.reading.read import read


@torch.no_grad()
def plant(trees: ObliviousTrees, features: Tensor) -> None:
    """Let every split be at the feature of one of these rows, (members, rows, d_in), or at a missing number's."""
    generator = torch.Generator().manual_seed(0)
    members, rows, d_in = features.shape
    count = trees.splits.bias.shape[-1]
    chosen, row = (torch.randint(n, (members, count), generator=generator) for n in (d_in, rows))
    member = torch.arange(members)[:, None]
    trees.splits.weight.zero_()
    trees.splits.weight[member, chosen, torch.arange(count)] = 1
    trees.splits.bias.copy_(-features[member, row, chosen].unsqueeze(1))
    trees.head.weight.normal_(generator=generator)
    trees.head.bias.normal_(generator=generator)


def grown_model(target: str = "y", categories: str = "levels") -> Model:
    """A model of one stack of networks and one of trees, of equal weight, for `grouped_table`."""
    others = [name for name in ("y", "is_much", "third") if name != target]
    asked = Settings(
        target=target,
        folds=2,
        max_epochs=2,
        hidden_layer_sizes=(4,),
        embedding="none",
        stacks=[{"model": "mlp"}, {"model": "trees", "categories": categories}],
    )
    model = fit(read(grouped_table().drop_columns(others)), asked)
    model.net.weights.fill_(1 / len(model.net))
    return model


# The models that every export is tried on.
each_grown_model = pytest.mark.parametrize(
    ("target", "categories"), [("y", "levels"), ("y", "means"), ("is_much", "means"), ("third", "levels")]
)


def assert_same_cuts(exported: Exported, artefact: Callable[[], Any], model: Model, target: str) -> None:
    """An export was proven, and one of the model with its splits at rows predicts as that one.

    Parameters
    ----------
    artefact : callable
        The export of the model as it is by then.
    """
    assert exported.proof
    assert exported.proof.largest_difference < 2e-6
    rows, expected = cut_at_rows(model)
    found = artefact().run(rows)["prediction" if target == "y" else "probabilities"]
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-5, atol=1e-5)


def cut_at_rows(model: Model) -> tuple[pa.Table, NDArray[np.float64]]:
    """Let every split of a model's trees be at a value of a training row; these rows, and what it predicts for them."""
    rows = model.read(grouped_table().drop_columns(["y", "is_much", "third"]))
    encoded = model.encode(rows)
    numbers, codes = (torch.from_numpy(np.asarray(part)) for part in encoded[:2])
    trees = model.net.stacks[1]
    with torch.no_grad():
        plant(trees.body, trees.features(numbers, trees.look_up(numbers, codes)))
    # Large numbers would hide the differences of others.
    trees.body.head.weight /= 10
    return rows, model.outcome_of(encoded)

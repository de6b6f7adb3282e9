from __future__ import annotations

import numpy as np
import pytest
import torch

from grouped import grouped_model
from netable.config.exports import ExportSettings
from netable.deploy.contract.inputs import inputs_of
from netable.deploy.contract.rows import made_rows
from netable.errors import DataWarning, silence
from netable.model.model import Model
from netable.table.encode import Encoded


@pytest.fixture(scope="module")
def model() -> Model:
    return grouped_model()


def encoded_rows(model: Model) -> Encoded:
    with silence(DataWarning):
        return model.encode(model.read(made_rows(model, inputs_of(model.schema, ExportSettings()))))


def test_made_rows__model_with_means__hit_every_edge_of_a_number(model: Model) -> None:
    encoding, numbers = model.net.stacks[0].encoding, encoded_rows(model).numbers
    assert encoding
    for column, cuts in zip(encoding.numbers.columns.tolist(), encoding.numbers.cuts.numpy(), strict=True):
        if model.encoder.number_names[column] in ("tenths", "large"):
            edges = np.concatenate([cuts, np.nextafter(cuts, np.float32(np.inf))])
            edges = edges[np.abs(edges) > 1e-9]  # less than that is lost in a cell of a million
            assert set(edges.tolist()) <= set(numbers[:, column].tolist())


def test_made_rows__model_with_means__are_in_known_and_unknown_groups(model: Model) -> None:
    encoding, encoded = model.net.stacks[0].encoding, encoded_rows(model)
    assert encoding
    is_known = encoding.look_up(*map(torch.from_numpy, encoded[:2]))[:, 1:] > 0

    assert is_known.any(0).all()
    assert (~is_known).any(0).all()

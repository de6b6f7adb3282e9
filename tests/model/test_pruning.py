from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from netable.errors import ConfigError, DataWarning, silence
from netable.model.file import load, save
from netable.model.model import Model
from netable.nn import Ensemble
from netable.table.encode import Encoded

GOLDEN = Path(__file__).parents[1] / "golden" / "v2"
ROWS = str(GOLDEN / "rows.csv")


def encoded(model: Model) -> Encoded:
    with silence(DataWarning):  # of columns that a model does not know
        return model.encode(ROWS, warns=False)


def weighted(model: Model, weights: torch.Tensor) -> Model:
    return replace(model, net=Ensemble.trained(model.net.stacks, weights))


@pytest.fixture(scope="module")
def blend() -> Model:
    return load(GOLDEN / "regression_blend.netable")


def test_pruned__one_member__is_the_first_of_each_stack_with_the_stacks_weight(blend: Model) -> None:
    weights = torch.zeros(len(blend.net))
    first = 0
    for stack in blend.net.stacks:
        weights[first] = blend.net.weights[first : first + len(stack)].sum()
        first += len(stack)
    small, rows = blend.pruned(1), encoded(blend)

    assert [len(stack) for stack in small.net.stacks] == [1] * len(blend.net.stacks)
    assert len(small.net) < len(blend.net)
    np.testing.assert_allclose(small.outcome_of(rows), weighted(blend, weights).outcome_of(rows), rtol=1e-6)


def test_pruned__more_members_than_there_are__is_the_same_model(blend: Model) -> None:
    rows = encoded(blend)

    assert (blend.pruned(99).outcome_of(rows) == blend.outcome_of(rows)).all()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.netable")), ids=lambda path: path.stem)
def test_pruned__golden_model__is_saved_and_loaded_as_any(path: Path, tmp_path: Path) -> None:
    whole = load(path)
    small, rows = whole.pruned(1), encoded(whole)
    save(small, tmp_path / "m.netable")

    assert (load(tmp_path / "m.netable").outcome_of(rows) == small.outcome_of(rows)).all()


@pytest.mark.parametrize("members", [0, -1, 1.5, True, "2"])
def test_pruned__no_number_of_members__is_refused(blend: Model, members: object) -> None:
    with pytest.raises(ConfigError, match="to keep of each stack must be a number of 1 or more; got"):
        blend.pruned(members)  # type: ignore[arg-type]

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch

from netable.explanation import outcomes as outcomes_module
from netable.explanation.cells import Rows
from netable.explanation.outcomes import Floats, outcome_by_members, outcomes
from netable.model.model import Model
from netable.table.encode import Encoded


def test_outcome_by_members__unseen__is_what_was_published_out_of_fold(regression_model: Model) -> None:
    rows = regression_model.learned_from
    assert rows is not None
    encoded = regression_model.encode(rows.judged)

    found = outcome_by_members(regression_model, encoded, rows.unseen_by)

    np.testing.assert_allclose(found, rows.outcome, rtol=1e-4, atol=1e-5)


def test_outcome_by_members__two_stacks__are_blended_by_their_weights(
    two_stacks: Model, small_houses: pa.Table
) -> None:
    encoded = two_stacks.encode(small_houses)
    members = np.arange(120) % 5 % 3  # uneven
    with torch.no_grad():
        each = two_stacks.objective.predict(
            two_stacks.net(torch.from_numpy(encoded.numbers), torch.from_numpy(encoded.codes))
        ).numpy()
    weights = two_stacks.net.weights.numpy()

    expected = [
        np.average(each[[member, member + 3], row], axis=0, weights=weights[[member, member + 3]])
        for row, member in enumerate(members)
    ]
    assert len(set(weights.tolist())) > 1
    np.testing.assert_allclose(outcome_by_members(two_stacks, encoded, members), expected, rtol=1e-5)


def test_outcome_by_members__member_without_rows__does_nothing(
    regression_model: Model, small_houses: pa.Table
) -> None:
    encoded = regression_model.encode(small_houses)
    ones = np.ones(120, dtype=np.int64)
    mixed = ones.copy()
    mixed[5] = 0

    found = outcome_by_members(regression_model, encoded, ones)

    assert np.isfinite(found).all()
    changed = np.abs(outcome_by_members(regression_model, encoded, mixed) - found)[:, 0] > 1e-4
    assert np.flatnonzero(changed).tolist() == [5]


@pytest.mark.parametrize("at_once", [1, 10**6])
def test_outcomes__any_number_of_cells_at_once__gives_every_block_its_own(
    regression_model: Model, small_houses: pa.Table, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(outcomes_module, "CELLS_AT_ONCE", at_once)
    encoded = regression_model.encode(small_houses)
    blocks = [encoded.take(np.arange(i, i + 30)) for i in (0, 30, 90)]
    members = np.arange(30) % 2

    whole = regression_model.outcome_of(encoded)
    found = list(outcomes(regression_model, iter(blocks)))
    by_members = list(outcomes(regression_model, iter(blocks), members))

    for i, outcome, by_member in zip((0, 30, 90), found, by_members, strict=True):
        np.testing.assert_allclose(outcome, whole[i : i + 30], rtol=1e-4, atol=1e-5)
        expected = outcome_by_members(regression_model, encoded.take(np.arange(i, i + 30)), members)
        np.testing.assert_allclose(by_member, expected, rtol=1e-4, atol=1e-5)


def test_outcomes__no_blocks__are_none(regression_model: Model) -> None:
    assert list(outcomes(regression_model, [])) == []


def test_outcomes__equal_rows__are_predicted_once_but_for_each_member(
    regression_model: Model, small_houses: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded = regression_model.encode(small_houses)
    equal = encoded.take(np.array([3, 3, 5, 3, 5, 3]))
    predicted: list[int] = []
    by_all, by_members = Model.outcome_of, outcome_by_members

    def of_all(model: Model, rows: Encoded) -> Floats:
        predicted.append(len(rows.numbers))
        return by_all(model, rows)

    def of_members(model: Model, rows: Encoded, members: Rows) -> Floats:
        predicted.append(len(members))
        return by_members(model, rows, members)

    monkeypatch.setattr(Model, "outcome_of", of_all)
    monkeypatch.setattr(outcomes_module, "outcome_by_members", of_members)
    members = np.array([0, 1, 0, 0, 0, 1])

    (all_members,) = outcomes(regression_model, [equal])
    (each,) = outcomes(regression_model, [equal], members)

    assert predicted == [2, 3]
    np.testing.assert_allclose(all_members, by_all(regression_model, equal), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(each, by_members(regression_model, equal, members), rtol=1e-4, atol=1e-5)

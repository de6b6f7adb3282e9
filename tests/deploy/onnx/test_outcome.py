from __future__ import annotations

import numpy as np
import pytest

from export_cases import bounded_objective, ends_of, mean_outcome_of, objectives, outputs_of
from graphs import computed
from netable.deploy.onnx.outcome import interval, mean_outcome
from netable.model.intervals import UNITS
from netable.train import Objective


@pytest.mark.parametrize("unit", UNITS)
def test_interval__any_unit_and_number_of_bins__is_that_of_the_model(unit: str) -> None:
    for ends in ends_of(unit):
        predictions = np.array([[0.0], [0.1], [0.7], [2.0], [50.0]])
        found = computed(lambda graph, x, ends=ends: interval(graph, [ends], x), predictions)
        np.testing.assert_allclose(
            np.hstack(found), np.column_stack(ends.around(predictions[:, 0])), atol=1e-12
        )


@pytest.mark.parametrize("objective", objectives(), ids=str)
def test_mean_outcome__any_objective__is_that_of_torch(objective: Objective) -> None:
    weights = np.array([0.3, 0.7])
    (found,) = computed(lambda graph, x: mean_outcome(graph, objective, x, weights), outputs_of(objective))

    np.testing.assert_allclose(found, mean_outcome_of(objective, weights), rtol=1e-9)


def test_mean_outcome__output_that_is_not_finite__stays_so_despite_bounds() -> None:
    output = np.array([[[np.nan], [np.inf], [2.0]]], np.float32)
    (found,) = computed(lambda graph, x: mean_outcome(graph, bounded_objective(), x, np.ones(1)), output)

    assert np.isfinite(found[:, 0]).tolist() == [False, False, True]

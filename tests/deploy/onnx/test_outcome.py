from __future__ import annotations

import numpy as np
import pytest
import torch

from graphs import computed
from netable.deploy.onnx.outcome import interval, mean_outcome
from netable.model.intervals import UNITS, Ends
from netable.train import Objective, TargetScale


@pytest.mark.parametrize("unit", UNITS)
def test_interval__any_unit_and_number_of_bins__is_that_of_the_model(unit: str) -> None:
    for centers in ([0.2], [0.1, 0.5], [0.1, 0.5, 2.0]):
        low = -np.linspace(0.1, 0.4, len(centers))
        ends = Ends(unit, np.array(centers), low, 2 * low**2)
        predictions = np.array([[0.0], [0.1], [0.7], [2.0], [50.0]])
        found = computed(lambda graph, x, ends=ends: interval(graph, [ends], x), predictions)
        np.testing.assert_allclose(
            np.hstack(found), np.column_stack(ends.around(predictions[:, 0])), atol=1e-12
        )


def objectives() -> list[Objective]:
    def part(*numbers: float) -> torch.Tensor:
        return torch.tensor(numbers, dtype=torch.float64).view(2, 1, 1)

    plain = TargetScale(part(1, 2), part(3, 4))
    bounded = plain._replace(lowest=part(0, 1), highest=part(5, 6))
    logs = TargetScale(part(1, 2), part(3, 4), part(1, 0), part(1.1, 0.9))
    losses = [Objective("regression", scale) for scale in (None, plain, bounded, logs)]
    losses.append(Objective("regression", bounded, loss="poisson"))
    return [*losses, Objective("binary", temperature=1.5), Objective("multiclass", temperature=0.5)]


@pytest.mark.parametrize("objective", objectives(), ids=str)
def test_mean_outcome__any_objective__is_that_of_torch(objective: Objective) -> None:
    width = 3 if objective.task == "multiclass" else 1
    output = np.linspace(-3, 800, 2 * 6 * width, dtype=np.float32).reshape(2, 6, width)
    weights = np.array([0.3, 0.7])
    expected = np.einsum("m,mbd->bd", weights, objective.predict(torch.from_numpy(output)).numpy())
    (found,) = computed(lambda graph, x: mean_outcome(graph, objective, x, weights), output)

    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_mean_outcome__output_that_is_not_finite__stays_so_despite_bounds() -> None:
    scale = TargetScale(*(torch.ones(1, 1, 1, dtype=torch.float64) * number for number in (0, 1)))
    bounded = scale._replace(lowest=scale.center, highest=scale.deviation)
    output = np.array([[[np.nan], [np.inf], [2.0]]], np.float32)
    (found,) = computed(
        lambda graph, x: mean_outcome(graph, Objective("regression", bounded), x, np.ones(1)), output
    )

    assert np.isfinite(found[:, 0]).tolist() == [False, False, True]

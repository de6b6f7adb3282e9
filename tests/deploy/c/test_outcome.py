from __future__ import annotations

import numpy as np
import pytest

from c_code import compiled, needs_gcc, pointer
from export_cases import bounded_objective, ends_of, mean_outcome_of, objectives, outputs_of
from netable.deploy.c.outcome import mean_lines, number_lines
from netable.deploy.c.source import Source
from netable.model.intervals import UNITS, Ends
from netable.train import Objective

pytestmark = needs_gcc


@pytest.mark.parametrize("unit", UNITS)
def test_interval__any_unit_and_number_of_bins__is_that_of_the_model(unit: str) -> None:
    for ends in ends_of(unit):

        def build(source: Source, ends: Ends = ends) -> None:
            lines = [line.replace("outcome->", "*") for line in number_lines(source, 1, [ends])]
            source.function("void call(const real *mean, real *prediction, real *lower, real *upper)", lines)

        code, found = compiled(build), np.empty(3)
        for prediction in (0.0, 0.1, 0.7, 2.0, 50.0):
            code.call(pointer(np.array([prediction])), *(pointer(found[i:]) for i in range(3)))
            np.testing.assert_allclose(found, [prediction, *ends.around(np.float64(prediction))], atol=1e-12)


@pytest.mark.parametrize("objective", objectives(), ids=str)
def test_mean_lines__any_objective__is_that_of_torch(objective: Objective) -> None:
    d_out = 3 if objective.task == "multiclass" else 1
    width = {"regression": 1, "binary": 2, "multiclass": 3}[objective.task]
    weights, output = np.array([0.3, 0.7]), outputs_of(objective)
    expected = mean_outcome_of(objective, weights)

    def build(source: Source) -> None:
        lines = mean_lines(source, objective, weights, d_out, width)
        source.function("void call(const real *output, double *mean)", ["int i, m;", "", *lines])

    code = compiled(build, "float32")
    for row in range(6):
        mean = np.zeros(width)
        code.call(pointer(output[:, row].copy()), pointer(mean))
        np.testing.assert_allclose(mean, expected[row], rtol=1e-9)


def test_mean_lines__output_that_is_not_finite__stays_so_despite_bounds() -> None:
    objective = bounded_objective()

    def build(source: Source) -> None:
        lines = mean_lines(source, objective, np.ones(1), 1, 1)
        source.function("void call(const real *output, double *mean)", ["int i, m;", "", *lines])

    code, mean = compiled(build), np.zeros(3)
    for i, output in enumerate([np.nan, np.inf, 2.0]):
        code.call(pointer(np.array([output])), pointer(mean[i:]))

    assert np.isfinite(mean).tolist() == [False, False, True]

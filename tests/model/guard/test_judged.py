"""Predictions and errors of training rows, as they are kept."""

from __future__ import annotations

import numpy as np

from netable.model.guard.judged import Judged, errors_of


def test_learn__numbers_beyond_float32__become_its_largest() -> None:
    outcome, y = np.array([[0.0], [1e150], [-1e150]]), np.array([[0.5], [-1e150], [-1e150]])

    judged = Judged.learn("regression", outcome, y)

    assert np.isfinite(judged.outcomes.values).all()
    assert judged.outcomes.values[0, 0] < -1e37
    assert errors_of("regression", outcome, y)[0, 0] == 0.5
    assert errors_of("regression", outcome, y)[1, 0] > 1e37

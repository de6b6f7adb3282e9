"""The columns of a table as linear models and networks get them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.quality.features import FilledNumbers, ScaledAndOneHot
from netable.comparison.features import PlainColumns


def test_filled_numbers__gap__is_the_training_median_and_told() -> None:
    step = FilledNumbers().fit(pd.DataFrame({"x": [1.0, 3.0, None], "y": [0.0, 0.0, 1.0]}))

    found = step.transform(pd.DataFrame({"x": [None, 5.0], "y": [None, 1.0]}, dtype=float))

    assert found["x"].tolist() == [2, 5]
    assert found["x_missing"].tolist() == [1, 0]
    assert found["y"].tolist() == [0, 1]
    assert list(found) == ["x", "y", "x_missing"]


def test_scaled_and_one_hot__new_level__is_taken(mixed: pd.DataFrame) -> None:
    frame = PlainColumns().fit(mixed).transform(mixed)[["c0", "c1"]]
    step = ScaledAndOneHot().fit(frame)

    matrix = step.transform(frame.assign(c1="new"))

    assert matrix.shape == (len(mixed), step.transform(frame).shape[1])
    assert np.isfinite(np.asarray(matrix.todense() if hasattr(matrix, "todense") else matrix)).all()

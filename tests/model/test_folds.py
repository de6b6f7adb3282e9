from __future__ import annotations

import numpy as np

from netable.model.folds import folds_and_others


def test_folds_and_others__folds__part_the_rows() -> None:
    fold = np.array([4, 2, 4, 7])

    parts = [(rows.tolist(), others.tolist()) for rows, others in folds_and_others(fold)]
    assert parts == [
        ([False, True, False, False], [True, False, True, True]),
        ([True, False, True, False], [False, True, False, True]),
        ([False, False, False, True], [True, True, True, False]),
    ]

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.scale.boosted import Parts, with_means

pytest.importorskip("sklearn")


def test_with_means__levels_of_one_row__do_not_tell_its_target() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=500)
    rows = np.stack([rng.normal(size=500), np.arange(500) + 2], 1).astype(np.float32)

    made = with_means(Parts(rows, rows[:100], rows[:100]), y, 1)

    assert np.array_equal(made.learning[:, 0], rows[:, 0])
    assert np.ptp(made.learning[:, 1]) < 0.2  # means of the other folds, no row's own target
    assert np.corrcoef(made.judging[:, 1], y[:100])[0, 1] > 0.9  # learned from these very rows

"""Standard errors of means over folds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from netable.model.resampling import reach, standard_error


def test_standard_error__four_folds__worked_by_hand() -> None:
    # variance 14/3, corrected by 1/4 + 1/4
    assert standard_error([1.0, 2.0, 3.0, 6.0], 0.25) == pytest.approx(np.sqrt(14 / 3 / 2))


def test_reach__nothing_shared__is_that_of_a_t_interval() -> None:
    values = [0.3, -0.1, 0.4, 0.2]
    interval = stats.ttest_1samp(values, 0).confidence_interval()

    assert reach(standard_error(values, 0.0), 4) == pytest.approx((interval.high - interval.low) / 2)

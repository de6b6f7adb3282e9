"""The scikit-learn door."""

from __future__ import annotations

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from netable import NetClassifier, NetRegressor


@pytest.mark.filterwarnings("ignore::netable.DataWarning")
@parametrize_with_checks([NetClassifier(), NetRegressor()])
def test_estimator__scikit_learns_checks__pass(estimator, check) -> None:
    check(estimator)

"""The advice of messages about models in MLflow."""

from __future__ import annotations

import sys
import warnings

import pytest

import netable.mlflow
from advice import Case, advice, check_complete, follow
from netable.estimators.estimators import NetRegressor
from small import QUICK

MESSAGES = advice("mlflow")


def saving(is_fitted: bool = False, is_installed: bool = True) -> None:
    """Save an estimator where MLflow is installed, or is not."""
    net = NetRegressor(**QUICK)
    if is_fitted:
        net.fit([[float(i)] for i in range(40)], range(40))
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not is_installed:
            patch.setitem(sys.modules, "mlflow", None)
        netable.mlflow.save_model(net, "saved")


CASES = [
    Case("Call fit first", saving, {}, [{"is_fitted": True}]),
    Case("pip install", saving, {"is_fitted": True, "is_installed": False}, [{"is_installed": True}]),
]


@pytest.mark.usefixtures("mlflow")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

"""The compared methods, each as its authors ship it, after the preparation that it needs.

A library is imported when one of its methods is made: only what is measured has to be installed, and the import is over
before the clock starts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.quality.features import FilledNumbers, ScaledAndOneHot
from netable.comparison.features import Categories, PlainColumns, WordForMissing
from netable.comparison.peers import PEERS, Goal, Peer

SEED = 0

# From a task and a number of threads: something with `fit` and `predict`, for classes `predict_proba` and `classes_`.
Make = Callable[[str, int], Any]


@dataclass(frozen=True)
class Method:
    """A method: the package it needs, its group in the picture, and a function that makes it for a task."""

    package: str
    group: str
    make: Make
    by_default: bool = True


def make_netable(effort: str | None) -> Make:
    """netable on the table as it is; None leaves every setting at its default."""

    def make(task: str, threads: int) -> Any:
        import netable.fit.fit  # noqa: F401
        from netable import NetClassifier, NetRegressor

        _prepare_torch(threads)
        settings: dict[str, Any] = {} if effort is None else {"effort": effort}
        return NetRegressor(**settings) if task == "regression" else NetClassifier(**settings)

    return make


def make_linear(task: str, threads: int) -> Any:
    """Ridge regression with its strength by leave-one-out, or logistic regression."""
    from sklearn.linear_model import LogisticRegression, RidgeCV

    # Without folds it fails for the sparse matrix of many levels.
    head = (
        RidgeCV(np.logspace(-3, 4, 15), cv=5) if task == "regression" else LogisticRegression(max_iter=1000)
    )
    return Peer([PlainColumns(), ScaledAndOneHot()], head)


def make_sklearn_mlp(task: str, threads: int) -> Any:
    """scikit-learn's network as it comes, with early stopping and a scaled target."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    if task == "regression":
        net = MLPRegressor(early_stopping=True, random_state=SEED)
        head = TransformedTargetRegressor(net, transformer=StandardScaler())
    else:
        head = MLPClassifier(early_stopping=True, random_state=SEED)
    return Peer([PlainColumns(), ScaledAndOneHot()], head)


def make_boosted(peer: Callable[[Goal], Peer]) -> Make:
    """Boosted trees as `netable compare` has them."""
    return lambda task, threads: peer(Goal(task, threads, SEED))


def make_tuned_catboost(task: str, threads: int) -> Any:
    """CatBoost after a random search."""
    from benchmarks.quality.tuned_catboost import TunedCatBoost

    return Peer([PlainColumns(), WordForMissing()], TunedCatBoost(Goal(task, threads, SEED)))


def make_realmlp(task: str, threads: int) -> Any:
    """RealMLP with its tuned defaults; for two classes it chooses its epoch by AUC and smooths no labels."""
    settings = {"val_metric_name": "1-auc_ovr", "use_ls": False} if task == "binary" else {}
    return _make_pytabkit("RealMLP_TD", "nn_interfaces", task, threads, settings)


def make_tabm(task: str, threads: int) -> Any:
    """TabM at its defaults; for two classes it chooses its epoch by AUC."""
    settings = {"val_metric_name": "1-auc_ovr"} if task == "binary" else {}
    return _make_pytabkit("TabM_D", "tabm_interface", task, threads, settings)


METHODS: dict[str, Method] = {
    "netable-fast": Method("netable", "netable", make_netable("fast")),
    "netable-standard": Method("netable", "netable", make_netable("standard")),
    "netable-best": Method("netable", "netable", make_netable("best")),
    "netable": Method("netable", "netable", make_netable(None), by_default=False),
    "linear": Method("sklearn", "linear", make_linear),
    "sklearn-mlp": Method("sklearn", "network", make_sklearn_mlp),
    "lightgbm": Method("lightgbm", "trees", make_boosted(PEERS["lightgbm"])),
    "xgboost": Method("xgboost", "trees", make_boosted(PEERS["xgboost"])),
    "catboost": Method("catboost", "trees", make_boosted(PEERS["catboost"])),
    "catboost-tuned": Method("catboost", "trees", make_tuned_catboost, by_default=False),
    "realmlp-td": Method("pytabkit", "network", make_realmlp),
    "tabm-d": Method("pytabkit", "network", make_tabm),
}


def is_installed(method: str) -> bool:
    """Return True if the package of a method can be imported."""
    return find_spec(METHODS[method].package) is not None


def _make_pytabkit(name: str, interface: str, task: str, threads: int, settings: dict[str, Any]) -> Any:
    import pytabkit

    import_module(f"pytabkit.models.alg_interfaces.{interface}")  # otherwise imported within `fit`
    _prepare_torch(threads)
    make = getattr(pytabkit, f"{name}_{'Regressor' if task == 'regression' else 'Classifier'}")
    model = make(device="cpu", random_state=SEED, n_threads=threads, verbosity=0, **settings)
    return Peer([PlainColumns(), FilledNumbers(), Categories()], model)


def _prepare_torch(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])  # the first optimizer imports torch's compiler

"""The contenders of the speed benchmark; a library is imported when its turn comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.speed.problem import BETAS, EPSILON, LEARNING_RATE, Problem, Run
from benchmarks.speed.with_torch import dataloader_run, netable_run, plain_net, seeded, slices_run

SEED = 0


@dataclass(frozen=True)
class Contender:
    """A contender: its package, the number of networks it trains at once, and how its work differs."""

    name: str
    package: str
    make: Callable[[Problem], Run]
    members: int = 1
    note: str = ""


def skorch_run(problem: Problem) -> Run:
    """skorch with the callbacks that it brings, without a validation part."""
    import torch
    from skorch import NeuralNet

    net = NeuralNet(
        plain_net(problem),
        criterion=torch.nn.BCEWithLogitsLoss,
        optimizer=torch.optim.Adam,
        optimizer__betas=BETAS,
        lr=LEARNING_RATE,
        batch_size=problem.setting.batch_size,
        max_epochs=problem.setting.epochs,
        iterator_train__shuffle=True,
        iterator_train__generator=seeded(),
        train_split=None,
        verbose=0,
    ).initialize()
    y = problem.y[:, None]

    def run() -> float:
        net.partial_fit(problem.X, y)
        return float(net.history[-1, "train_loss"])

    return run


def sklearn_classifier_run(problem: Problem) -> Run:
    """scikit-learn's classifier."""
    from sklearn.neural_network import MLPClassifier

    return _sklearn_run(MLPClassifier, problem, problem.y.astype(int))


def sklearn_regressor_run(problem: Problem) -> Run:
    """scikit-learn's regressor, which fits the classes as numbers."""
    from sklearn.neural_network import MLPRegressor

    run = _sklearn_run(MLPRegressor, problem, problem.y)

    def run_without_loss() -> None:
        run()  # its loss is another one

    return run_without_loss


def _sklearn_run(make: Any, problem: Problem, y: np.ndarray) -> Run:
    setting = problem.setting
    net = make(
        hidden_layer_sizes=setting.hidden,
        alpha=0.0,
        batch_size=setting.batch_size,
        learning_rate_init=LEARNING_RATE,
        beta_1=BETAS[0],
        beta_2=BETAS[1],
        epsilon=EPSILON,
        max_iter=1,
        n_iter_no_change=1 + setting.epochs,
        warm_start=True,
        random_state=SEED,
    )
    net.fit(problem.X[: setting.batch_size], y[: setting.batch_size])  # makes the layers
    net.coefs_ = [weight.copy() for weight, _ in problem.weights]
    net.intercepts_ = [bias.copy() for _, bias in problem.weights]
    net.set_params(max_iter=setting.epochs)

    def run() -> float:
        net.fit(problem.X, y)
        return float(net.loss_curve_[-1])

    return run


def pytabkit_run(problem: Problem) -> Run:
    """pytabkit's plain network, without its preprocessing and dropout, with one batch to validate on."""
    import pandas as pd
    from pytabkit import MLP_RTDL_D_Classifier

    setting = problem.setting
    net = MLP_RTDL_D_Classifier(
        module_n_layers=len(setting.hidden),
        module_d_layers=list(setting.hidden),
        module_dropout=0.0,
        lr=LEARNING_RATE,
        optimizer="adam",
        batch_size=setting.batch_size,
        max_epochs=setting.epochs,
        es_patience=1 + setting.epochs,
        use_checkpoints=False,
        transformed_target=False,
        tfms=[],
        verbose=0,
        device="cpu",
        random_state=SEED,
        n_threads=_torch_threads(),
    )
    X, y = pd.DataFrame(problem.X), problem.y.astype(int)
    X_valid, y_valid = X.iloc[: setting.batch_size], y[: setting.batch_size]

    def run() -> None:
        net.fit(X, y, X_valid, y_valid)

    return run


def jax_run(problem: Problem) -> Run:
    """JAX with an epoch as one compiled scan over its batches; compiling is not in the time."""
    import jax

    from benchmarks.speed.with_jax import compile_epoch, first_state

    epoch = compile_epoch(problem)
    state, key = first_state(problem), jax.random.key(SEED)

    def run() -> float:
        moving, loss = state, jax.numpy.zeros(())
        for number in range(problem.setting.epochs):
            moving, loss = epoch(moving, jax.random.fold_in(key, number))
        return float(loss)

    return run


def _torch_threads() -> int:
    import torch

    return torch.get_num_threads()


CONTENDERS = (
    Contender("netable", "netable", netable_run(1)),
    Contender("netable, 8 members", "netable", netable_run(8), members=8),
    Contender("netable, 32 members", "netable", netable_run(32), members=32),
    Contender("PyTorch with DataLoader", "torch", dataloader_run),
    Contender("PyTorch with slices, fused Adam", "torch", slices_run),
    Contender("skorch", "skorch", skorch_run),
    Contender("scikit-learn MLPClassifier", "sklearn", sklearn_classifier_run),
    Contender("scikit-learn MLPRegressor", "sklearn", sklearn_regressor_run, note="squared error"),
    Contender(
        "pytabkit MLP", "pytabkit", pytabkit_run, note="own first weights, β2 .999, validates on a batch"
    ),
    Contender("JAX, one scan an epoch", "jax", jax_run, note="compiling not counted"),
)

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from netable.train import METRICS, metric_names, metrics

TASKS = {"regression": 1, "binary": 2, "multiclass": 4}


def example(task: str, n: int = 60) -> tuple[NDArray, NDArray]:
    rng = np.random.default_rng(0)
    if task == "regression":
        y = rng.normal(size=(n, 2))
        return y, y + rng.normal(size=(n, 2))
    classes = TASKS[task]
    return rng.integers(0, classes, n), rng.dirichlet(np.ones(classes), n)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("weighted", [True, False])
def test_metrics__random_predictions__are_scikit_learns(task: str, weighted: bool) -> None:
    y, prediction = example(task)
    weight = np.random.default_rng(1).uniform(size=len(y)) if weighted else None

    found = metrics(task, y, prediction, weight)

    picked = prediction.argmax(1)
    score = prediction[:, 1] if task == "binary" else prediction
    expected = {
        "rmse": lambda: sk.root_mean_squared_error(y, prediction, sample_weight=weight),
        "mae": lambda: sk.mean_absolute_error(y, prediction, sample_weight=weight),
        "r2": lambda: sk.r2_score(y, prediction, sample_weight=weight),
        "log_loss": lambda: sk.log_loss(y, prediction, sample_weight=weight),
        "roc_auc": lambda: sk.roc_auc_score(y, score, sample_weight=weight, multi_class="ovr"),
        "accuracy": lambda: sk.accuracy_score(y, picked, sample_weight=weight),
        "balanced_accuracy": lambda: sk.balanced_accuracy_score(y, picked, sample_weight=weight),
    }
    assert found == {name: pytest.approx(expected[name]()) for name in METRICS[task]}


@pytest.mark.parametrize("task", TASKS)
def test_metrics__integer_weights__are_worth_as_many_rows(task: str) -> None:
    y, prediction = example(task)
    weight = np.random.default_rng(1).integers(0, 4, len(y))

    weighted = metrics(task, y, prediction, weight)
    repeated = metrics(task, np.repeat(y, weight, 0), np.repeat(prediction, weight, 0))

    assert weighted == pytest.approx(repeated)


def test_regression__a_few_rows__is_worked_by_hand() -> None:
    found = metrics("regression", np.array([[1.0], [2.0], [6.0]]), np.array([[1.0], [4.0], [5.0]]))

    assert found == pytest.approx({"rmse": math.sqrt(5 / 3), "mae": 1.0, "r2": 1 - 5 / 14})


def test_binary__a_few_rows__is_worked_by_hand() -> None:
    proba = np.array([[0.5, 0.5], [0.75, 0.25], [0.2, 0.8], [0.1, 0.9]])

    found = metrics("binary", np.array([0, 0, 0, 1]), proba)

    # A tie goes to the first class: two of three zeros and the one are right. All zeros rank below the one.
    log_loss = -(math.log(0.5) + math.log(0.75) + math.log(0.2) + math.log(0.9)) / 4
    expected = {"log_loss": log_loss, "roc_auc": 1.0, "accuracy": 0.75, "balanced_accuracy": (2 / 3 + 1) / 2}
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("picked", [0, 1], ids=["all right", "all wrong"])
def test_binary__one_class_among_the_rows__has_no_auc(picked: int) -> None:
    found = metrics("binary", np.zeros(5, int), np.eye(2)[np.full(5, picked)] * 0.8 + 0.1)

    assert found["roc_auc"] is None
    assert found["accuracy"] == found["balanced_accuracy"] == 1 - picked


def test_multiclass__a_class_not_among_the_rows__has_no_auc() -> None:
    assert metrics("multiclass", np.array([0, 1, 1]), np.full((3, 3), 1 / 3))["roc_auc"] is None


def test_binary__a_class_without_weight__has_no_auc() -> None:
    found = metrics("binary", np.array([0, 1, 1]), np.array([[0.4, 0.6]] * 3), np.array([0.0, 1.0, 2.0]))

    assert found == {
        "log_loss": pytest.approx(-math.log(0.6)),
        "roc_auc": None,
        "accuracy": 1.0,
        "balanced_accuracy": 1.0,
    }


@pytest.mark.parametrize(
    ("y", "weight"),
    [([3.0], None), ([3.0, 3.0, 3.0], None), ([3.0, 3.0, 7.0], [1.0, 2.0, 0.0])],
    ids=["one row", "constant", "constant where it counts"],
)
def test_regression__target_that_does_not_vary__has_no_r2(y: list[float], weight: list[float] | None) -> None:
    found = metrics(
        "regression", np.array(y)[:, None], np.full((len(y), 1), 2.0), weight and np.array(weight)
    )

    assert found == {"rmse": 1.0, "mae": 1.0, "r2": None}


@pytest.mark.parametrize("weighted", [True, False])
def test_metrics__losses_of_regression__are_scikit_learns(weighted: bool) -> None:
    rng = np.random.default_rng(0)
    y, rate = rng.poisson(2.0, size=(50, 2)).astype(float), rng.uniform(0.5, 4.0, (50, 2))
    weight = rng.uniform(size=50) if weighted else None
    rmse = sk.root_mean_squared_error(y, rate, sample_weight=weight)
    mae = sk.mean_absolute_error(y, rate, sample_weight=weight)
    r2 = sk.r2_score(y, rate, sample_weight=weight)
    pinball = sk.mean_pinball_loss(y, rate, sample_weight=weight, alpha=0.8)
    deviance = np.mean([sk.mean_poisson_deviance(y[:, i], rate[:, i], sample_weight=weight) for i in (0, 1)])
    below = np.average((y <= rate).mean(1), weights=weight)
    expected = {
        "mse": [("rmse", rmse), ("mae", mae), ("r2", r2)],
        "huber": [("rmse", rmse), ("mae", mae), ("r2", r2)],
        "mae": [("mae", mae), ("rmse", rmse), ("r2", r2)],
        "quantile": [("pinball_loss", pinball), ("share_below", below), ("rmse", rmse), ("mae", mae)],
        "poisson": [("mean_poisson_deviance", deviance), ("rmse", rmse), ("mae", mae), ("r2", r2)],
    }
    for loss, figures in expected.items():
        found = metrics("regression", y, rate, weight, loss=loss, quantile=0.8)
        assert list(found.items()) == [(name, pytest.approx(value)) for name, value in figures], loss
        assert tuple(found) == metric_names("regression", loss)


def test_metric_names__default_loss__are_those_of_the_task() -> None:
    assert {task: metric_names(task) for task in METRICS} == METRICS


def test_poisson__negative_target_or_rate_of_zero__has_no_deviance() -> None:
    y, rate = np.array([[1.0], [2.0]]), np.array([[1.0], [2.0]])

    for truth, said in ((-y, rate), (y, 0 * rate)):
        assert metrics("regression", truth, said, loss="poisson")["mean_poisson_deviance"] is None


def test_multiclass__single_precision__is_not_complained_of() -> None:
    exact = np.random.default_rng(0).dirichlet(np.ones(7), 50)
    y = np.arange(50) % 7

    found = metrics("multiclass", y, exact.astype(np.float32))

    assert found["log_loss"] == pytest.approx(sk.log_loss(y, exact), rel=1e-5)


# Inputs that Hypothesis makes up: ties, classes that are not there, weights of zero


def weights_of(n: int) -> st.SearchStrategy[list[float] | None]:
    weights = st.lists(st.sampled_from([0.0, 0.0, 0.5, 1.0, 3.0]), min_size=n, max_size=n)
    return st.none() | weights.filter(any)


@st.composite
def class_case(draw: st.DrawFn) -> tuple[NDArray, NDArray, NDArray | None]:
    classes, n = draw(st.integers(2, 4)), draw(st.integers(1, 12))
    y = np.array(draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)))
    # A few values only, so that many rows tie.
    said = np.array(
        draw(st.lists(st.sampled_from([0.1, 0.2, 0.7]), min_size=n * classes, max_size=n * classes))
    )
    said = said.reshape(n, classes)
    weight = draw(weights_of(n))
    return y, said / said.sum(1, keepdims=True), None if weight is None else np.array(weight)


@given(case=class_case())
@settings(max_examples=100)
def test_classes__any_rows__are_scikit_learns_or_not_defined(
    case: tuple[NDArray, NDArray, NDArray | None],
) -> None:
    y, probability, weight = case
    classes = probability.shape[1]

    found = metrics("binary" if classes == 2 else "multiclass", y, probability, weight)

    counts = np.ones(len(y), bool) if weight is None else weight > 0
    picked = np.array([row.tolist().index(max(row)) for row in probability])
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(y, picked, sample_weight=weight))
    codes = np.arange(classes)
    assert found["log_loss"] == pytest.approx(sk.log_loss(y, probability, labels=codes, sample_weight=weight))
    shares = np.ones(len(y)) if weight is None else weight
    by_class = [
        shares[(y == k) & (picked == k)].sum() / shares[y == k].sum() for k in np.unique(y[counts]).tolist()
    ]
    assert found["balanced_accuracy"] == pytest.approx(np.mean(by_class))
    if len(np.unique(y[counts])) < classes:
        assert found["roc_auc"] is None
    else:
        aucs = [pairwise_auc(y == k, probability[:, k], shares) for k in range(classes)]
        assert found["roc_auc"] == pytest.approx(aucs[1] if classes == 2 else np.mean(aucs))


def pairwise_auc(positive: NDArray, score: NDArray, weight: NDArray) -> float:
    """By its definition: how often a positive row ranks above a negative one; a tie counts half."""
    pairs = [(p, q) for p in np.flatnonzero(positive) for q in np.flatnonzero(~positive)]
    wins = [weight[p] * weight[q] * ((score[p] > score[q]) + (score[p] == score[q]) / 2) for p, q in pairs]
    return float(sum(wins) / sum(weight[p] * weight[q] for p, q in pairs))


@given(
    rows=st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 2.5, 7.0]), st.sampled_from([0.5, 1.0, 2.5, 40.0])), min_size=1
    ),
    data=st.data(),
    loss=st.sampled_from(["mse", "mae", "huber", "quantile", "poisson"]),
)
@settings(max_examples=100)
def test_regression__any_rows__are_worked_out_from_their_definitions(
    rows: list[tuple[float, float]], data: st.DataObject, loss: str
) -> None:
    y, said = np.array(rows).T
    drawn = data.draw(weights_of(len(rows)))
    w = np.ones(len(rows)) if drawn is None else np.array(drawn)

    found = metrics(
        "regression",
        y[:, None],
        said[:, None],
        None if drawn is None else np.array(drawn),
        loss=loss,
        quantile=0.8,
    )

    mean = np.average(y, weights=w)
    spread = (w * (y - mean) ** 2).sum()
    varies = len(np.unique(y[w > 0])) > 1
    deviance = 2 * np.array([(t * math.log(t / p) if t else 0.0) - t + p for t, p in rows])
    expected = {
        "rmse": math.sqrt(np.average((y - said) ** 2, weights=w)),
        "mae": np.average(abs(y - said), weights=w),
        "r2": 1 - (w * (y - said) ** 2).sum() / spread if varies else None,
        "pinball_loss": np.average(np.where(y >= said, 0.8 * (y - said), 0.2 * (said - y)), weights=w),
        "share_below": np.average(y <= said, weights=w),
        "mean_poisson_deviance": np.average(deviance, weights=w),
    }
    assert found == {
        name: None if expected[name] is None else pytest.approx(expected[name], rel=1e-9, abs=1e-12)
        for name in metric_names("regression", loss)
    }

"""The estimators among scikit-learn's tools."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from matplotlib.figure import Figure
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.feature_selection import SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import PartialDependenceDisplay, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from netable import NetClassifier, NetRegressor
from small import QUICK

ROWS = 120
# Enough to tell which column matters.
LEARNING = QUICK | {"max_epochs": 30, "hidden_layer_sizes": (16,), "optimizer": "adamw", "lr": 0.03}


@pytest.fixture(scope="module")
def X() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    numbers = pd.DataFrame(rng.normal(size=(ROWS, 3)), columns=list("abc"))
    return numbers.assign(city=rng.choice(["Seoul", "Busan"], ROWS))


@pytest.fixture(scope="module")
def y(X: pd.DataFrame) -> pd.Series:
    return (X["a"] > 0).map({True: "high", False: "low"})


@pytest.fixture(scope="module")
def several(X: pd.DataFrame) -> np.ndarray:
    """Two columns of labels, of two and of three classes."""
    second = np.digitize(X["b"], [-0.5, 0.5])
    return np.column_stack([(X["a"] > 0).astype(int), second])


@pytest.fixture(scope="module")
def classifier(X: pd.DataFrame, y: pd.Series) -> NetClassifier:
    return NetClassifier(**LEARNING).fit(X, y)


@pytest.fixture(scope="module")
def regressor(X: pd.DataFrame) -> NetRegressor:
    return NetRegressor(**LEARNING).fit(X, X["a"])


# Metadata


def test_cross_validate__weights_are_routed__they_count_in_fit_and_score(X: pd.DataFrame) -> None:
    """Rows of weight 0 say the opposite of the others."""
    truth, is_counted = X["a"] > 0, np.arange(ROWS) % 3 > 0
    y, weight = np.where(is_counted, truth, ~truth), is_counted.astype(float)
    net = NetClassifier(**LEARNING)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = net.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        scores = cross_validate(routed, X, y, cv=3, params={"sample_weight": weight})["test_score"]

    assert scores.mean() > 0.9
    assert cross_validate(clone(net), X, y, cv=3)["test_score"].mean() < 0.75


def test_search__groups_and_weights_of_a_pipeline__reach_the_net(X: pd.DataFrame, y: pd.Series) -> None:
    groups = np.arange(ROWS) % 12
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        net = NetClassifier(**QUICK).set_fit_request(groups=True, sample_weight=True)
        pipeline = make_pipeline(scaler, net.set_score_request(sample_weight=True))
        search = GridSearchCV(pipeline, {"netclassifier__dropout": [0.0, 0.1]}, cv=GroupKFold(2))
        search.fit(X[list("abc")], y, groups=groups, sample_weight=np.ones(ROWS))

    fold = search.best_estimator_[-1].model_.out_of_fold["fold"].to_numpy()
    assert all(len(set(fold[groups == group])) == 1 for group in range(12))


# Names of columns


@pytest.mark.parametrize("transform", ["pandas", "polars"])
def test_set_output__frames_between_steps__keep_names_and_texts(
    X: pd.DataFrame, y: pd.Series, transform: str
) -> None:
    scale = make_column_transformer(
        (StandardScaler(), list("abc")), remainder="passthrough", verbose_feature_names_out=False
    )
    net = make_pipeline(scale, NetClassifier(**QUICK)).set_output(transform=transform).fit(X, y)[-1]

    assert net.feature_names_in_.tolist() == ["a", "b", "c", "city"]
    assert net.results_["used"]["city"] == "category"


def test_column_transformer__encoded_before_the_net__predicts_from_the_raw_frame(
    X: pd.DataFrame, y: pd.Series
) -> None:
    encode = make_column_transformer((StandardScaler(), list("abc")), (OneHotEncoder(), ["city"]))
    pipeline = make_pipeline(encode, NetClassifier(**LEARNING)).fit(X, y)

    assert pipeline.score(X, y) > 0.9
    assert pipeline[-1].n_features_in_ == 5


def test_select_from_model__frame__keeps_the_name_that_matters(X: pd.DataFrame) -> None:
    chosen = SelectFromModel(NetRegressor(**LEARNING), threshold="mean").set_output(transform="pandas")

    assert chosen.fit_transform(X, X["a"]).columns.tolist() == ["a"]


# Inspection


def test_permutation_importance__column_that_decides__is_the_greatest(
    X: pd.DataFrame, y: pd.Series, classifier: Any
) -> None:
    found = permutation_importance(classifier, X, y, n_repeats=3, random_state=0).importances_mean

    assert found.argmax() == 0
    assert found[0] > 0.2


def test_partial_dependence_display__both_estimators__draw_what_they_learned(
    X: pd.DataFrame, classifier: Any, regressor: Any
) -> None:
    features = ["a", ("a", "b"), "city"]
    for net in (classifier, regressor):
        drawn = PartialDependenceDisplay.from_estimator(
            net, X, features, categorical_features=["city"], grid_resolution=4, ax=Figure().add_subplot()
        )
        (curve,) = drawn.pd_results[0]["average"]
        rises = np.diff(curve if net is regressor else -curve)  # of "low", the second class
        assert (np.abs(rises) > 0.1).any()
        assert len(set(np.sign(rises))) == 1


# Around a classifier


def test_calibrated__cross_validated_or_after_the_fit__gives_probabilities(
    X: pd.DataFrame, y: pd.Series, classifier: Any
) -> None:
    for around in (
        CalibratedClassifierCV(NetClassifier(**QUICK), cv=2),
        CalibratedClassifierCV(FrozenEstimator(classifier)),
    ):
        probability = around.fit(X, y).predict_proba(X)
        assert around.classes_.tolist() == ["high", "low"]
        np.testing.assert_allclose(probability.sum(1), 1)


def test_tuned_threshold__labels_of_text__are_predicted(X: pd.DataFrame, y: pd.Series) -> None:
    tuned = TunedThresholdClassifierCV(NetClassifier(**LEARNING), cv=2, scoring="balanced_accuracy")

    assert tuned.fit(X, y).score(X, y) > 0.85


def test_stacking__beside_a_line__has_a_weight_for_each(X: pd.DataFrame, y: pd.Series) -> None:
    numbers = X[list("abc")]
    classes = StackingClassifier(
        [("net", NetClassifier(**LEARNING)), ("line", LogisticRegression())], cv=2
    ).fit(numbers, y)
    values = StackingRegressor([("net", NetRegressor(**LEARNING)), ("line", Ridge())], cv=2)

    assert classes.score(numbers, y) > 0.9
    assert classes.final_estimator_.coef_.shape == (1, 2)
    assert values.fit(numbers, X["a"]).score(numbers, X["a"]) > 0.9


# Several targets


def test_regressor__several_targets__are_scored_apart(X: pd.DataFrame) -> None:
    Y = X[["a", "b"]]
    result = cross_validate(NetRegressor(**LEARNING), X, Y, cv=2, scoring=["r2", "neg_mean_absolute_error"])
    predicted = cross_val_predict(NetRegressor(**LEARNING), X, Y, cv=2)

    assert result["test_r2"].min() > 0.8
    assert predicted.shape == (ROWS, 2)


def test_multi_output__columns_of_labels__have_probabilities_each(
    X: pd.DataFrame, several: np.ndarray
) -> None:
    nets = MultiOutputClassifier(NetClassifier(**LEARNING)).fit(X, several)
    first, second = nets.predict_proba(X)

    assert first.shape == (ROWS, 2)
    assert second.shape == (ROWS, 3)
    assert accuracy_score(several[:, 0], nets.predict(X)[:, 0]) > 0.9
    assert nets.estimators_[1].classes_.tolist() == [0, 1, 2]


def test_chain__multilabel__has_a_column_of_probability_for_each_label(X: pd.DataFrame) -> None:
    """As scikit-learn's MLPClassifier gives them: (rows, labels)."""
    labels = np.column_stack([X["a"] > 0, X["b"] > 0]).astype(int)
    chain = ClassifierChain(NetClassifier(**LEARNING), random_state=0).fit(X[list("abc")], labels)
    probability = chain.predict_proba(X[list("abc")])

    assert probability.shape == (ROWS, 2)
    assert ((probability > 0.5) == labels).mean() > 0.9

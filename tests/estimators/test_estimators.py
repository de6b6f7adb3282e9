"""The scikit-learn door."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse
import torch
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import netable
from netable import NetClassifier, NetRegressor
from netable.config.settings import DEFAULTS, Settings
from netable.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    DataTypeError,
    DataWarning,
    MemoryShortage,
    ModelFileError,
    SchemaError,
    TrainingError,
    UserError,
)
from netable.model.model import Model
from netable.train import Epoch

QUICK = {"embedding": "none", "max_epochs": 2, "hidden_layer_sizes": (4,), "folds": 2}


# Enough epochs for tests that ask for a score.
SHORT = QUICK | {
    "max_epochs": 30,
    "hidden_layer_sizes": (16,),
    "optimizer": "adamw",
    "lr": 0.03,
    "batch_size": 128,
}


@pytest.mark.filterwarnings("ignore::netable.DataWarning")
@parametrize_with_checks([NetClassifier(**SHORT), NetRegressor(**SHORT)])
def test_estimator__scikit_learns_checks__pass(estimator: Any, check: Callable[[Any], None]) -> None:
    asks_for_a_score = "check_regressors_train" in str(check)
    check(estimator.set_params(max_epochs=30 if asks_for_a_score else 2))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::netable.DataWarning")
@parametrize_with_checks([NetClassifier(), NetRegressor()])
def test_estimator_with_defaults__scikit_learns_checks__pass(
    estimator: Any, check: Callable[[Any], None]
) -> None:
    check(estimator)


@pytest.fixture
def X(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(160, 3))


@pytest.fixture
def y(X: np.ndarray) -> np.ndarray:
    return (X[:, 0] + 0.3 * X[:, 1] > 0).astype(int)


@pytest.fixture
def frame(rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame({"나이": rng.normal(size=160), "city": rng.choice(["Seoul", "Busan"], 160)})


# Parameters


@pytest.mark.parametrize("estimator", [NetClassifier(), NetRegressor()])
def test_parameters__defaults__are_those_of_the_configuration(estimator: Any) -> None:
    others = {
        "kinds": None,
        "random_state": DEFAULTS.seed,
        "warm_start": False,
        "checkpoint": None,
        "verbose": 0,
    }
    for name, value in estimator.get_params().items():
        assert value == (others[name] if name in others else getattr(DEFAULTS, name)), name


def test_parameters__settings_of_the_configuration__are_all_there() -> None:
    # What a table's columns are called is said by X and y here, and the task by the class; no file is read.
    others = {"target", "task", "ignore_columns", "weight_column", "group_column", "time_column", "na_values"}
    others |= {
        "delimiter",
        "decimal",
        "encoding",
        "bad_rows",
        "quote",
        "comment",
        "header",
        "skip_rows",
        "format",
        "sheet",
        "table",
        "missing_target",
    }
    settings = {f.name for f in fields(Settings)} - others - {"seed"}
    settings |= {"random_state", "warm_start", "checkpoint", "verbose"}

    of_numbers = {"loss", "quantile", "target_transform"}
    assert set(NetClassifier().get_params()) == settings - of_numbers
    assert set(NetRegressor().get_params()) == settings - {"class_weight"}


def test_parameters__every_one__reaches_the_training(X: np.ndarray, y: np.ndarray) -> None:
    given = {
        "effort": "fast",
        "time_limit": 100.0,
        "model": "mlp",
        "embedding": "periodic",
        "stacks": ({"embedding": "periodic"}, {"seed": 3}),
        "precision": "float32",
        "hidden_layer_sizes": (5, 3),
        "activation": "tanh",
        "dropout": 0.25,
        "optimizer": "momentum",
        "lr": 0.02,
        "momentum": 0.8,
        "weight_decay": 0.001,
        "schedule": "coslog4",
        "clip_norm": 2.0,
        "batch_size": 50,
        "max_epochs": 3,
        "early_stopping": False,
        "patience": 5,
        "folds": 3,
        "validation_fraction": 0.3,
        "split": "random",
        "class_weight": "balanced",
        "device": "cpu",
    }
    config = NetClassifier(**given, random_state=7, kinds={"x0": "number"}).fit(X, y).model_.recipe

    assert {name: getattr(config, name) for name in given} == given
    assert config.seed == 7


def test_parameters__positional__are_refused() -> None:
    with pytest.raises(TypeError):
        NetClassifier("mlp")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"optimizer": "adamww"}, "optimizer cannot be 'adamww'. Did you mean 'adamw'?"),
        ({"random_state": "x"}, "random_state must be an integer, a NumPy generator or None; got 'x'."),
        ({"random_state": -1}, "seed must be an integer of at least 0; got -1."),
        ({"kinds": {"x0": "nummer"}}, "The kind of 'x0' cannot be 'nummer'. Did you mean 'number'?"),
        (
            {"kinds": {"x": "number"}},
            "The column with a kind set, 'x' is not in the table. Did you mean 'x2'?",
        ),
        ({"device": "tpu"}, "device cannot be 'tpu': use auto, cpu, cuda, cuda:1 or mps."),
        ({"lr": -1}, "lr must be a number of at least 0; got -1."),
        (
            {"class_weight": {"zebra": 2}},
            "class_weight names 'zebra', which is no class. There are: '0', '1'.",
        ),
    ],
)
def test_fit__parameter_that_cannot_be__is_one_line(
    X: np.ndarray, y: np.ndarray, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        NetClassifier(**QUICK | parameters).fit(X, y)
    assert str(caught.value) == message


# Labels


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "yes"],
        [False, True],
        [0.0, 1.0],
        [3, -1],
        ["9", "10"],
        ["", " "],
        ["남", "여"],
        ["a", "b", "c"],
        [1, 5, 3],
    ],
)
def test_classifier__labels_of_any_kind__come_back_as_they_were(X: np.ndarray, labels: list[Any]) -> None:
    known = np.array(labels)
    y = known[np.digitize(X[:, 0], np.linspace(-0.5, 0.5, len(known) + 1)[1:-1])]
    estimator = NetClassifier(**SHORT).fit(X, y)
    predicted, proba = estimator.predict(X), estimator.predict_proba(X)

    assert estimator.classes_.tolist() == np.unique(y).tolist()
    assert estimator.classes_.dtype == predicted.dtype
    assert (predicted == estimator.classes_[proba.argmax(1)]).all()
    assert estimator.score(X, y) > 0.85
    assert proba.shape == (160, len(labels))


@pytest.mark.parametrize(
    "make", [pd.Series, pl.Series, lambda y: pa.chunked_array([y]), pd.Categorical, list]
)
def test_fit__target_in_any_container__is_the_same(X: np.ndarray, make: Callable[[list[str]], Any]) -> None:
    y = np.where(X[:, 0] > 0, "p", "q").tolist()
    expected = NetClassifier(**QUICK).fit(X, np.array(y))

    assert (NetClassifier(**QUICK).fit(X, make(y)).predict_proba(X) == expected.predict_proba(X)).all()


@pytest.mark.bad_input(50)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_fit__target_missing_or_infinite__is_refused(X: np.ndarray, bad: float) -> None:
    y = X[:, 0].copy()
    y[3] = bad
    with pytest.raises(DataError, match=r"^Input y contains "):
        NetRegressor(**QUICK).fit(X, y)


@pytest.mark.bad_input(52)
def test_fit__one_class__is_refused(X: np.ndarray) -> None:
    with pytest.raises(DataError, match="holds one class only, 'a'; a classifier needs at least two"):
        NetClassifier(**QUICK).fit(X, ["a"] * 160)


@pytest.mark.bad_input(54)
def test_fit__measurements_for_a_classifier__are_refused(X: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"^Unknown label type: continuous"):
        NetClassifier(**QUICK).fit(X, X[:, 0])


@pytest.mark.bad_input(55)
def test_fit__text_for_a_regressor__is_refused(X: np.ndarray) -> None:
    with pytest.raises(DataError, match="could not convert string to float: 'a'"):
        NetRegressor(**QUICK).fit(X, ["a"] * 160)


@pytest.mark.bad_input(57)
def test_fit__one_row__is_refused() -> None:
    with (
        pytest.warns(DataWarning, match="Constant target"),
        pytest.raises(DataError, match="only one sample"),
    ):
        NetRegressor(**QUICK).fit([[1.0]], [1.0])


@pytest.mark.bad_input(59)
def test_fit__lengths_that_differ__are_refused(X: np.ndarray, y: np.ndarray, frame: pd.DataFrame) -> None:
    for table in (X, frame, pl.from_pandas(frame), pa.Table.from_pandas(frame)):
        with pytest.raises(DataError, match="inconsistent numbers of samples"):
            NetClassifier(**QUICK).fit(table, y[:-1])
    with pytest.raises(DataError, match=r"^There must be one weight for each of 160 rows; got 159\.$"):
        NetClassifier(**QUICK).fit(X, y, np.ones(159))


@pytest.mark.bad_input(62)
def test_fit__weights_that_are_no_numbers__are_refused(X: np.ndarray, y: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"^sample_weight must hold numbers: "):
        NetClassifier(**QUICK).fit(X, y, ["much"] * 160)


def test_fit__no_target__is_refused(X: np.ndarray) -> None:
    with pytest.raises(DataError, match="requires y to be passed, but the target y is None"):
        NetClassifier(**QUICK).fit(X, None)


# Tables of every make


def test_fit__frames_of_every_library__are_the_same_table(frame: pd.DataFrame, y: np.ndarray) -> None:
    makes = [frame, pl.from_pandas(frame), pa.Table.from_pandas(frame, preserve_index=False)]
    fitted = [NetClassifier(**QUICK).fit(table, y) for table in makes]

    for estimator in fitted:
        assert estimator.feature_names_in_.tolist() == ["나이", "city"]
        assert estimator.n_features_in_ == 2
        for table in makes:
            assert (estimator.predict_proba(table) == fitted[0].predict_proba(frame)).all()


@pytest.mark.bad_input(29)
@pytest.mark.bad_input(31)
@pytest.mark.bad_input(35)
@pytest.mark.bad_input(36)
@pytest.mark.bad_input(39)
@pytest.mark.bad_input(40)
@pytest.mark.bad_input(41)
def test_fit__columns_of_every_type__are_learned_from(rng: np.random.Generator) -> None:
    n = 160
    numbers = rng.normal(size=n)
    gone = rng.random(n) < 0.1
    text = rng.choice(["a", "b", "c"], n)
    frame = pd.DataFrame(
        {
            "decimal": [Decimal(str(round(v, 3))) for v in numbers],
            "half": numbers.astype(np.float16),
            "nullable integer": pd.array(np.where(gone, None, (numbers * 9).round()), dtype="Int64"),
            "nullable boolean": pd.array(np.where(gone, None, numbers > 0), dtype="boolean"),
            "category": pd.Categorical(np.where(gone, None, text)),
            "arrow text": pd.array(np.where(gone, None, text), dtype="string[pyarrow]"),
            "object": np.where(gone, None, text),
            "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 999, n), "D"),
            "bool": numbers > 0.5,
            "small": (numbers * 10).astype(np.int8),
        }
    )
    copy = frame.copy(deep=True)
    estimator = NetRegressor(max_epochs=20, lr=0.02, hidden_layer_sizes=(16,), folds=2).fit(frame, numbers)

    assert estimator.results_["used"] == {
        "decimal": "number",
        "half": "number",
        "nullable integer": "number",
        "nullable boolean": "flag",
        "category": "category",
        "arrow text": "category",
        "object": "category",
        "date": "date",
        "bool": "flag",
        "small": "number",
    }
    assert estimator.score(frame, numbers) > 0.7
    assert np.isfinite(estimator.predict(frame.iloc[:1])).all()
    pd.testing.assert_frame_equal(frame, copy)


@pytest.mark.bad_input(37)
def test_fit__complex_numbers__are_left_out_of_frames(
    X: np.ndarray, y: np.ndarray, frame: pd.DataFrame
) -> None:
    with pytest.warns(DataWarning, match="Left out, neither numbers, booleans, dates nor texts: 'c'"):
        NetClassifier(**QUICK).fit(frame.assign(c=1j), y)
    with pytest.raises(
        DataTypeError, match=r"column 'c' holds complex numbers; split them into two columns\.$"
    ):
        NetClassifier(kinds={"c": "number"}, **QUICK).fit(frame.assign(c=1j), y)
    with pytest.raises(DataError, match="Complex data not supported"):
        NetClassifier(**QUICK).fit(X + 1j, y)


@pytest.mark.bad_input(38)
def test_fit__lists_in_cells__are_left_out_unless_asked_for(y: np.ndarray, frame: pd.DataFrame) -> None:
    X = frame.assign(c=[[1, 2]] * 160)
    for cells in (X, frame.assign(c=["a", {"b": 1}] * 80), frame.assign(c=["a", object()] * 80)):
        with pytest.warns(DataWarning, match="Left out, neither numbers, booleans, dates nor texts: 'c'"):
            net = NetClassifier(**QUICK).fit(cells, y)
        assert len(net.predict(cells)) == 160
    assert np.array_equal(net.predict(X.iloc[0]), net.predict(X.iloc[:1]))
    with pytest.raises(DataTypeError, match="column 'c' holds values of type list"):
        NetClassifier(kinds={"c": "category"}, **QUICK).fit(X, y)


@pytest.mark.bad_input(42)
def test_fit__names_of_several_levels__are_refused(X: np.ndarray, y: np.ndarray) -> None:
    names = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c"), ("d", "e")])
    with pytest.raises(SchemaError, match="its columns have names of 2 levels; flatten them first"):
        NetClassifier(**QUICK).fit(pd.DataFrame(X, columns=names), y)


@pytest.mark.bad_input(43)
def test_fit__names_of_which_some_are_no_text__are_refused(X: np.ndarray, y: np.ndarray) -> None:
    with pytest.raises(DataTypeError, match="only supported if all input features have string names"):
        NetClassifier(**QUICK).fit(pd.DataFrame(X, columns=["a", "b", 3]), y)


@pytest.mark.bad_input(43)
def test_fit__numbered_columns__are_an_array(X: np.ndarray, y: np.ndarray) -> None:
    estimator = NetClassifier(**QUICK).fit(pd.DataFrame(X), y)

    assert not hasattr(estimator, "feature_names_in_")
    assert (estimator.predict_proba(X) == NetClassifier(**QUICK).fit(X, y).predict_proba(X)).all()


@pytest.mark.bad_input(44)
@pytest.mark.parametrize("make", [scipy.sparse.csr_matrix, scipy.sparse.csc_array, scipy.sparse.coo_array])
def test_fit__sparse__is_the_dense_table(X: np.ndarray, y: np.ndarray, make: Callable[..., Any]) -> None:
    X = np.where(X > 0.5, X, 0.0)
    sparse, dense = NetClassifier(**QUICK).fit(make(X), y), NetClassifier(**QUICK).fit(X, y)

    assert (sparse.predict_proba(make(X)) == dense.predict_proba(X)).all()


@pytest.mark.bad_input(45)
def test_fit__arrays_that_are_not_contiguous_or_read_only__are_neither_refused_nor_changed(
    X: np.ndarray, y: np.ndarray
) -> None:
    expected = NetClassifier(**QUICK).fit(X, y).predict_proba(X)
    wide = np.full((320, 6), np.nan)
    wide[::2, ::2] = X
    frozen, frozen_y, weight = X.copy(), y.copy(), np.ones(160)
    for array in (frozen, frozen_y, weight):
        array.setflags(write=False)

    for table in (wide[::2, ::2], np.asfortranarray(X), frozen):
        copy = table.copy()
        fitted = NetClassifier(**QUICK).fit(table, frozen_y, weight)
        assert (fitted.predict_proba(table) == expected).all()
        assert (table == copy).all()
    assert (fitted.partial_fit(frozen, frozen_y).predict(frozen) != -1).all()


@pytest.mark.bad_input(24)
def test_fit__infinite_feature__is_refused(X: np.ndarray, y: np.ndarray) -> None:
    X[0, 0] = np.inf
    with pytest.raises(DataError, match="Input X contains infinity"):
        NetClassifier(**QUICK).fit(X, y)


def test_fit__missing_numbers__are_welcome(X: np.ndarray, y: np.ndarray) -> None:
    X[::7, 1] = np.nan

    assert np.isfinite(NetClassifier(**QUICK).fit(X, y).predict_proba(X)).all()


@pytest.mark.parametrize("make", [pd.Series, pl.Series, np.asarray])
def test_fit__one_column_that_is_no_table__is_refused(
    X: np.ndarray, y: np.ndarray, make: Callable[..., Any]
) -> None:
    with pytest.raises(DataError, match=r"^Expected (a 2-dimensional container|2D array)"):
        NetClassifier(**QUICK).fit(make(X[:, 0]), y)


def test_fit__kinds__decide_what_columns_are(y: np.ndarray, rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"code": rng.integers(0, 5, 160), "x": rng.normal(size=160)})
    estimator = NetClassifier(**QUICK, kinds={"code": "category"}).fit(frame, y)
    by_array = NetClassifier(**QUICK, kinds={"x0": "category"}).fit(frame.to_numpy(), y)

    assert estimator.results_["used"] == {"code": "category", "x": "number"}
    assert by_array.results_["used"] == {"x0": "category", "x1": "number"}
    with pytest.warns(DataWarning, match=r"^Levels never seen in training, in cells: 'code' \(160\)\.$"):
        assert np.isfinite(estimator.predict_proba(frame.assign(code=77))).all()


# Prediction


@pytest.mark.bad_input(65)
@pytest.mark.bad_input(66)
@pytest.mark.bad_input(67)
def test_predict__other_columns__are_refused_in_scikit_learns_words(
    frame: pd.DataFrame, y: np.ndarray
) -> None:
    estimator = NetClassifier(**QUICK).fit(frame, y)
    for changed, message in (
        (frame[["city", "나이"]], "must be in the same order as they were in fit"),
        (frame.assign(new=1), "Feature names unseen at fit time"),
        (frame[["city"]], "Feature names seen at fit time, yet now missing"),
    ):
        with pytest.raises(DataError, match=message):
            estimator.predict(changed)


@pytest.mark.bad_input(67)
def test_predict__array_of_another_width__is_refused(X: np.ndarray, y: np.ndarray) -> None:
    with pytest.raises(DataError, match="X has 2 features, but NetRegressor is expecting 3 features"):
        NetRegressor(**QUICK).fit(X, y).predict(X[:, :2])


def test_predict__array_after_a_frame__goes_by_position_with_a_warning(X: np.ndarray, y: np.ndarray) -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    by_frame, by_array = NetClassifier(**QUICK).fit(frame, y), NetClassifier(**QUICK).fit(X, y)

    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        assert (by_frame.predict_proba(X) == by_frame.predict_proba(frame)).all()
    with pytest.warns(UserWarning, match="X has feature names, but NetClassifier was fitted without"):
        assert (by_array.predict_proba(frame) == by_array.predict_proba(X)).all()


@pytest.mark.bad_input(68)
def test_predict__category_never_seen__is_finite(frame: pd.DataFrame, y: np.ndarray) -> None:
    estimator = NetClassifier(**QUICK).fit(frame, y)

    with pytest.warns(DataWarning, match=r"^Levels never seen in training, in cells: 'city' \(160\)\.$"):
        assert np.isfinite(estimator.predict_proba(frame.assign(city="Jeju"))).all()
    assert np.isfinite(estimator.predict_proba(frame.assign(city=None))).all()


@pytest.mark.bad_input(71)
def test_predict__frame_without_rows__gives_none(frame: pd.DataFrame, y: np.ndarray) -> None:
    assert NetClassifier(**QUICK).fit(frame, y).predict(frame.head(0)).shape == (0,)


@pytest.mark.bad_input(72)
@pytest.mark.parametrize("ask", ["predict", "save", "score"])
def test_predict__before_fit__is_both_kinds_of_error(X: np.ndarray, ask: str, tmp_path: Path) -> None:
    given: tuple[Any, ...] = {"predict": (X,), "save": (tmp_path / "m",), "score": (X, X[:, 0])}[ask]
    with pytest.raises(NotFittedError) as caught:
        getattr(NetRegressor(), ask)(*given)

    assert isinstance(caught.value, UserError)
    assert str(caught.value) == "This NetRegressor instance is not fitted yet; call 'fit' first."


# scikit-learn's tools


def test_tools__pipeline_search_and_validation__take_the_estimators(X: np.ndarray, y: np.ndarray) -> None:
    pipeline = make_pipeline(StandardScaler(), NetClassifier(**QUICK | {"max_epochs": 10}, lr=0.05))
    search = GridSearchCV(pipeline, {"netclassifier__hidden_layer_sizes": [(4,), (8,)]}, cv=2).fit(X, y)
    transformed = TransformedTargetRegressor(NetRegressor(**QUICK), func=np.cbrt, inverse_func=lambda v: v**3)

    assert search.best_score_ > 0.7
    assert cross_val_score(pipeline, X, y, cv=2, scoring="roc_auc").mean() > 0.8
    assert transformed.fit(X, X[:, 0]).predict(X).shape == (160,)
    assert permutation_importance(search, X, y, n_repeats=2, random_state=0).importances_mean.argmax() == 0


def test_clone__fitted__is_unfitted_with_the_same_parameters(X: np.ndarray, y: np.ndarray) -> None:
    fitted = NetClassifier(**QUICK, random_state=3).fit(X, y)
    copy = clone(fitted)

    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "model_")
    assert (copy.fit(X, y).predict_proba(X) == fitted.predict_proba(X)).all()


def test_pickle__fitted__predicts_the_same(X: np.ndarray, y: np.ndarray) -> None:
    fitted = NetClassifier(**QUICK).fit(X, y).partial_fit(X, y)
    copy = pickle.loads(pickle.dumps(fitted))

    assert (copy.predict_proba(X) == fitted.predict_proba(X)).all()
    assert (copy.partial_fit(X, y).predict_proba(X) == fitted.partial_fit(X, y).predict_proba(X)).all()


# Randomness


def test_random_state__integer__same_bits_and_no_global_generator_moves(X: np.ndarray, y: np.ndarray) -> None:
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (
        NetClassifier(**QUICK, random_state=seed).fit(X, y).predict_proba(X) for seed in (1, 1, 2)
    )

    assert (first == again).all()
    assert not (first == other).all()
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


def test_random_state__none_or_a_generator__differs_from_fit_to_fit(X: np.ndarray, y: np.ndarray) -> None:
    for state in (None, np.random.RandomState(0), np.random.default_rng(0)):
        estimator = NetClassifier(**QUICK, random_state=state)
        first, second = (estimator.fit(X, y).predict_proba(X) for _ in range(2))
        assert not (first == second).all()
        assert estimator.get_params()["random_state"] is state


# Validation rows


def test_fit__validation_rows__take_the_place_of_folds(X: np.ndarray, y: np.ndarray) -> None:
    estimator = NetClassifier(**QUICK).fit(X[:120], y[:120], X_val=X[120:], y_val=y[120:])

    assert estimator.model_.recipe.folds == 1
    assert estimator.results_["rows"] == 120
    assert estimator.model_.out_of_fold is not None
    assert estimator.model_.out_of_fold.num_rows == 40


def test_fit__validation_weights__count(X: np.ndarray, y: np.ndarray) -> None:
    weight = np.repeat([1.0, 0.0], [20, 20])
    settings = {"max_epochs": 5, "hidden_layer_sizes": (4,), "optimizer": "adamw", "model": "mlp"}
    weighted = NetClassifier(**settings).fit(
        X[:120], y[:120], X_val=X[120:], y_val=y[120:], sample_weight_val=weight
    )
    part = NetClassifier(**settings).fit(X[:120], y[:120], X_val=X[120:140], y_val=y[120:140])

    assert (weighted.predict_proba(X) == part.predict_proba(X)).all()


@pytest.mark.bad_input(56)
def test_fit__validation_rows_that_do_not_fit__are_refused(
    X: np.ndarray, y: np.ndarray, frame: pd.DataFrame
) -> None:
    with pytest.raises(DataError, match=r"^y holds 7, which is not among the classes \[0, 1\]\.$"):
        NetClassifier(**QUICK).fit(X, y, X_val=X[:2], y_val=[0, 7])
    with pytest.raises(DataError, match="X has 2 features, but NetClassifier is expecting 3"):
        NetClassifier(**QUICK).fit(X, y, X_val=X[:, :2], y_val=y)
    with pytest.raises(DataError, match="X_val is given without y_val"):
        NetClassifier(**QUICK).fit(X, y, X_val=X)
    with pytest.raises(DataError, match="Feature names"):
        NetClassifier(**QUICK).fit(frame, y, X_val=frame.rename(columns={"city": "town"}), y_val=y)


# Going on


def test_warm_start__second_fit__goes_on_where_the_first_ended(X: np.ndarray, y: np.ndarray) -> None:
    estimator = NetClassifier(**SHORT, warm_start=True).fit(X, y)
    scratch = [row["train_loss"] for row in estimator.history_ if row["epoch"] == 1]
    estimator.fit(X, y)
    warm = [row["train_loss"] for row in estimator.history_ if row["epoch"] == 1]

    assert np.mean(warm) < 0.8 * np.mean(scratch)


def test_warm_start__other_columns__are_refused(X: np.ndarray, y: np.ndarray) -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    estimator = NetClassifier(**QUICK, warm_start=True).fit(frame, y)
    message = r"^warm_start needs the same columns, levels, classes, loss and layers as the last fit\.$"
    for other in (frame[["a", "b"]], frame.rename(columns={"c": "d"})):
        with pytest.raises(ConfigError, match=message):
            clone_with_state(estimator).fit(other, y)
    with pytest.raises(ConfigError, match=message):
        clone_with_state(estimator).fit(frame, np.where(y, "a", "b"))


def clone_with_state(estimator: Any) -> Any:
    return pickle.loads(pickle.dumps(estimator))


def test_partial_fit__many_calls__learns_and_keeps_its_statistics(X: np.ndarray, y: np.ndarray) -> None:
    estimator = NetClassifier(hidden_layer_sizes=(16,), lr=0.02)
    estimator.partial_fit(X[:40], y[:40], classes=[0, 1, 2])
    before = {name: value.clone() for name, value in estimator.module_.named_buffers()}
    for _ in range(20):
        for start in range(0, 160, 40):
            estimator.partial_fit(X[start : start + 40], y[start : start + 40])

    assert estimator.classes_.tolist() == [0, 1, 2]
    assert estimator.predict_proba(X).shape == (160, 3)
    assert estimator.score(X, y) > 0.9
    assert estimator.n_iter_ == 81
    for name, value in estimator.module_.named_buffers():
        assert torch.equal(value, before[name])


def test_partial_fit__regressor_with_several_targets__learns(X: np.ndarray) -> None:
    estimator = NetRegressor(hidden_layer_sizes=(16,), lr=0.02)
    for _ in range(60):
        estimator.partial_fit(X, X[:, :2], sample_weight=np.ones(160))

    assert estimator.score(X, X[:, :2]) > 0.7


def test_partial_fit__after_fit__goes_on(X: np.ndarray, y: np.ndarray) -> None:
    estimator = NetClassifier(**QUICK, optimizer="adamw", lr=0.05).fit(X, y)
    before = estimator.score(X, y)
    for _ in range(30):
        estimator.partial_fit(X, y)

    assert estimator.score(X, y) > max(before, 0.85)


@pytest.mark.bad_input(56)
def test_partial_fit__after_a_fit_that_failed__teaches_the_model_that_it_shows(
    X: np.ndarray, y: np.ndarray
) -> None:
    net = NetClassifier(hidden_layer_sizes=(4,)).partial_fit(X, y, classes=np.unique(y))
    with pytest.raises(ValueError, match="NaN"):
        net.fit(X, np.full(len(y), np.nan))
    net.partial_fit(X, y, classes=np.unique(y))
    before = net.predict_proba(X)

    assert not np.array_equal(net.partial_fit(X, y).predict_proba(X), before)


def test_partial_fit__rows_of_later_calls__are_known_to_the_model(X: np.ndarray, y: np.ndarray) -> None:
    net = NetClassifier(hidden_layer_sizes=(4,)).partial_fit(X[:20], y[:20], classes=np.unique(y))
    net.partial_fit(X[20:], y[20:])

    assert net.model_.sketch.share_seen(net.model_.encode(X[20:].astype(float))) == 1
    assert net.results_["linear"] == {}


def test_partial_fit__class_that_was_not_named__is_refused(X: np.ndarray, y: np.ndarray) -> None:
    estimator = NetClassifier(hidden_layer_sizes=(4,)).partial_fit(X, y)
    with pytest.raises(DataError, match=r"^y holds 5, which is not among the classes \[0, 1\]\.$"):
        estimator.partial_fit(X, y + 5)


# Regression


def test_regressor__several_targets__are_predicted_side_by_side(X: np.ndarray) -> None:
    Y = np.column_stack([X[:, 0] * 100, X[:, 1] - 5])
    estimator = NetRegressor(max_epochs=40, lr=0.02, folds=2, hidden_layer_sizes=(16,)).fit(X, Y)

    assert estimator.predict(X).shape == (160, 2)
    assert estimator.score(X, Y) > 0.8
    assert NetRegressor(**QUICK).fit(X, Y[:, :1]).predict(X).shape == (160,)


@pytest.mark.bad_input(51)
def test_regressor__constant_target__predicts_it(X: np.ndarray) -> None:
    with pytest.warns(DataWarning, match="Constant target"):
        estimator = NetRegressor(**QUICK).fit(X, np.full(160, 4.5))

    np.testing.assert_allclose(estimator.predict(X), 4.5)


# Files


def test_save__and_load__predicts_the_same(frame: pd.DataFrame, y: np.ndarray, tmp_path: Path) -> None:
    for estimator in (NetClassifier(**QUICK).fit(frame, y), NetRegressor(**QUICK).fit(frame, y * 2.5)):
        estimator.save(tmp_path / "m", overwrite=True)
        loaded = type(estimator).load(tmp_path / "m")
        assert (loaded.predict(frame) == estimator.predict(frame)).all()
        assert loaded.feature_names_in_.tolist() == ["나이", "city"]
        assert loaded.n_features_in_ == 2
        assert loaded.history_ == estimator.history_
        for name in ("max_epochs", "hidden_layer_sizes", "folds", "random_state"):
            assert loaded.get_params()[name] == estimator.get_params()[name]
        model = netable.load(tmp_path / "m")
        assert isinstance(model, Model)
        assert (model.predict(frame) == estimator.predict(frame)).all()
        clone(loaded).fit(frame, y)


def test_load__fitted_on_an_array__takes_arrays(X: np.ndarray, y: np.ndarray, tmp_path: Path) -> None:
    estimator = NetClassifier(**QUICK).fit(X, np.where(y, True, False))
    estimator.save(tmp_path / "m")
    loaded = NetClassifier.load(tmp_path / "m")

    assert loaded.classes_.tolist() == [False, True]
    assert (loaded.predict_proba(X) == estimator.predict_proba(X)).all()
    assert (loaded.partial_fit(X, y == 1).predict_proba(X) != estimator.predict_proba(X)).any()


def test_load__model_of_the_other_estimator__is_refused(X: np.ndarray, y: np.ndarray, tmp_path: Path) -> None:
    NetRegressor(**QUICK).fit(X, X[:, 0]).save(tmp_path / "r")
    NetClassifier(**QUICK).fit(X, y).save(tmp_path / "c")
    with pytest.raises(
        ModelFileError, match=r"holds a model for regression; NetClassifier is for something else\.$"
    ):
        NetClassifier.load(tmp_path / "r")
    with pytest.raises(
        ModelFileError, match=r"holds a model for binary; NetRegressor is for something else\.$"
    ):
        NetRegressor.load(tmp_path / "c")


# Endings


@pytest.mark.bad_input(96)
def test_fit__interrupt__sets_the_fitted_state_and_is_raised_again(
    X: np.ndarray, y: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netable.train import loop

    steps, train_step = [], loop.train_step

    def interrupted(*given: Any) -> torch.Tensor:
        steps.append(1)
        if len(steps) > 4:  # two steps an epoch: in the third
            raise KeyboardInterrupt
        return train_step(*given)

    monkeypatch.setattr(loop, "train_step", interrupted)
    estimator = NetClassifier(model="mlp", folds=2, batch_size=40, hidden_layer_sizes=(4,))
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, y)

    assert estimator.n_iter_ == 2
    assert estimator.results_["ending"] == "interrupted"
    assert np.isfinite(estimator.predict_proba(X)).all()


@pytest.mark.bad_input(93)
def test_fit__steps_too_large__is_a_training_error(X: np.ndarray, y: np.ndarray) -> None:
    with pytest.raises(TrainingError, match=r"Try a lower lr, or clip_norm=1\.$"):
        NetRegressor(**QUICK, lr=1e30, optimizer="sgd", batch_size=20).fit(X, y)


@pytest.mark.bad_input(91)
@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is here")
def test_fit__device_that_is_not_here__is_refused(X: np.ndarray, y: np.ndarray) -> None:
    with pytest.raises(ConfigError, match=r"^device 'cuda' is not available on this machine"):
        NetClassifier(**QUICK, device="cuda").fit(X, y)


def test_fit__history__has_a_row_for_each_epoch_and_member(X: np.ndarray, y: np.ndarray) -> None:
    history = NetClassifier(**QUICK).fit(X, y).history_

    assert [(row["epoch"], row["member"]) for row in history] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    for row in history:
        assert row["train_loss"] > 0
        assert row["valid_loss"] > 0
        assert row["seconds"] > 0
        assert row["lr"] > 0


def test_fit__quiet__prints_nothing_and_verbose_to_standard_error_only(
    X: np.ndarray, y: np.ndarray, capfd: pytest.CaptureFixture[str]
) -> None:
    NetClassifier(**QUICK).fit(X, y).partial_fit(X, y).predict(X)
    assert capfd.readouterr() == ("", "")

    NetClassifier(**QUICK, verbose=1).fit(X, y)
    out, err = capfd.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("epoch ") and "valid" in line for line in lines)


def test_fit__validation_frame_with_fewer_values__is_read_as_the_training_frame() -> None:
    words = np.array(["True", "False", "Maybe"])[np.arange(300) % 3]
    frame = pd.DataFrame({"word": words, "x": np.linspace(0, 1, 300)})
    y = (words == "True") * 10.0
    some = words != "Maybe"  # alone, these would be booleans

    net = NetRegressor(max_epochs=40, hidden_layer_sizes=(16,)).fit(
        frame, y, X_val=frame[some], y_val=y[some]
    )

    assert net.results_["valid"]["rmse"] < 3


def test_fit__failing_again__leaves_no_model_of_other_classes(X: np.ndarray) -> None:
    net = NetClassifier(**QUICK).fit(X, np.arange(len(X)) % 2)

    with pytest.raises(ConfigError):
        net.set_params(activation="nonsense").fit(X, np.array(["dog", "cat"])[np.arange(len(X)) % 2])
    with pytest.raises(NotFittedError):
        net.predict(X)


def test_fit__column_with_the_name_for_y__is_refused() -> None:
    names = ("y", "target", "~target")
    frame = pd.DataFrame({name: np.arange(120) % (7 + i) * 1.5 for i, name in enumerate(names)})

    with pytest.raises(
        DataError, match=r"^A column cannot be called '~target', which stands for y; rename it\.$"
    ):
        NetRegressor(**QUICK).fit(frame, np.linspace(0, 1, 120))


def test_save__target_of_a_series__keeps_its_name_for_the_terminal(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.linspace(0, 1, 120), "y": np.arange(120) % 7 * 1.5})
    NetRegressor(**QUICK).fit(frame[["x"]], frame["y"]).save(tmp_path / "m.netable")

    assert netable.load(tmp_path / "m.netable").target.names == ("y",)
    with pytest.warns(DataWarning, match="equal rows that the model learned from"):
        assert netable.load(tmp_path / "m.netable").evaluate(frame)["rows"] == 120


# Losses and intervals


@pytest.mark.parametrize(
    ("settings", "metric"),
    [
        ({"loss": "mae"}, "mae"),
        ({"loss": "huber"}, "rmse"),
        ({"loss": "quantile", "quantile": 0.8}, "pinball_loss"),
        ({"loss": "poisson"}, "mean_poisson_deviance"),
        ({"target_transform": "log"}, "rmse"),
    ],
)
def test_regressor__loss_and_transform__reach_the_training_and_come_back(
    rng: np.random.Generator, tmp_path: Path, settings: dict[str, Any], metric: str
) -> None:
    X = rng.normal(size=(150, 2))
    y = rng.poisson(np.exp(X[:, 0])).astype(float)
    net = NetRegressor(max_epochs=3, hidden_layer_sizes=(4,), folds=3, **settings).fit(X, y)
    net.save(tmp_path / "m")
    loaded = NetRegressor.load(tmp_path / "m")

    assert net.results_["metric"] == metric
    assert net.get_params() | settings == net.get_params()
    assert loaded.get_params() | settings == loaded.get_params()
    assert (loaded.predict(X) == net.predict(X)).all()


@pytest.mark.parametrize("width", [1, 2])
def test_predict_interval__regressor__is_shaped_as_its_predictions(
    rng: np.random.Generator, tmp_path: Path, width: int
) -> None:
    X = rng.normal(size=(240, 2))
    y = np.squeeze(X[:, :width] + 0.1 * rng.normal(size=(240, width)))
    net = NetRegressor(embedding="none", max_epochs=30, hidden_layer_sizes=(4,), folds=3).fit(X, y)
    lower, upper = net.predict_interval(X)
    net.save(tmp_path / "m")

    assert lower.shape == upper.shape == net.predict(X).shape == y.shape
    assert (lower < upper).all()
    assert ((lower <= y) & (y <= upper)).mean() == pytest.approx(0.9, abs=0.06)
    narrow, wide = net.predict_interval(X, coverage=0.5), net.predict_interval(X, 0.98)
    assert (wide[0] < narrow[0]).all()
    for again in (NetRegressor.load(tmp_path / "m"), net.model_):
        np.testing.assert_array_equal(
            again.predict_interval(X if again is not net.model_ else _named(X)), (lower, upper)
        )
    with pytest.raises(UserError, match=r"must be between 0\.5 and 0\.99; got 2\.$"):
        net.predict_interval(X, 2)


def _named(X: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(X, columns=[f"x{i}" for i in range(X.shape[1])])


def test_predict_interval__before_fit_or_after_partial_fit__says_why_not(rng: np.random.Generator) -> None:
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)

    with pytest.raises(NotFittedError):
        NetRegressor().predict_interval(X)
    with pytest.raises(UserError, match=r"^This model has no intervals: partial_fit holds no rows out"):
        NetRegressor().partial_fit(X, y).predict_interval(X)


def test_predict_proba__many_rows__is_nothing_that_log_loss_warns_of(rng: np.random.Generator) -> None:
    X, y = rng.normal(size=(300, 3)), rng.integers(0, 4, 300)
    proba = NetClassifier(max_epochs=2, hidden_layer_sizes=(4,), folds=2).fit(X, y).predict_proba(X)

    assert np.abs(proba.sum(1) - 1).max() < 1e-15
    assert log_loss(y, proba) > 0  # warnings are errors here


@pytest.mark.parametrize(
    ("features", "n_targets", "names"),
    [
        (["a"], 1, ("y",)),
        (["y"], 1, ("target",)),
        (["a"], 2, ("y0", "y1")),
        (["y1"], 2, ("target0", "target1")),
    ],
)
def test_fit__array_for_y__is_called_y_if_no_column_is(
    features: list[str], n_targets: int, names: tuple[str, ...]
) -> None:
    frame = pd.DataFrame({name: np.linspace(0, 1, 120) for name in features})
    Y = np.random.default_rng(0).normal(size=(120, n_targets))

    assert NetRegressor(**QUICK).fit(frame, Y if n_targets > 1 else Y[:, 0]).model_.target.names == names


@pytest.mark.bad_input(113)
def test_fit__layers_too_wide_for_memory__says_how_much_they_need(X: np.ndarray) -> None:
    net = NetRegressor(**QUICK | {"hidden_layer_sizes": (10**6, 10**6)})

    with pytest.raises(
        MemoryShortage, match=r"need at least [\d,]+ GB of memory; there are [\d.]+ GB\. Take narrower"
    ):
        net.fit(X, np.arange(len(X)))


def test_fit__memory_that_torch_does_not_get__is_one_line(
    X: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 40000000000 bytes."
        )

    monkeypatch.setattr("netable.estimators.base.fit", fail)

    with pytest.raises(MemoryShortage, match=r"^Out of memory: 40 GB would be needed at once\. Try narrower"):
        NetRegressor(**QUICK).fit(X, np.arange(len(X)))


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_fit__infinite_values__are_named_and_no_step_is_blamed(X: np.ndarray, value: float) -> None:
    X = X.copy()
    X[3, 1] = value

    with pytest.raises(DataError, match="infinity"):
        NetRegressor(**QUICK).fit(X, np.arange(len(X)))
    with pytest.raises(DataError, match=r"Column 'b' is infinite in 1 of"):
        NetRegressor(**QUICK).fit(pd.DataFrame({"a": X[:, 0], "b": X[:, 1]}), np.arange(len(X)))


def test_warnings__of_an_estimator__point_to_the_line_that_called_it() -> None:
    frame = pd.DataFrame({"one": "same", "x": np.linspace(0, 1, 120)})

    with pytest.warns(DataWarning, match="Left out") as of_fit:
        net = NetRegressor(**QUICK).fit(frame, np.arange(120))
    with pytest.warns(DataWarning, match="Farther outside") as of_predict:
        net.predict(pd.DataFrame({"one": ["same"], "x": [1e6]}))

    assert {warning.filename for warning in [*of_fit, *of_predict]} == {__file__}


def test_evaluate__rows_of_x_val__are_known_again(X: np.ndarray, y: np.ndarray, tmp_path: Path) -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    net = NetClassifier(**QUICK).fit(frame[:100], y[:100], X_val=frame[100:], y_val=y[100:])
    net.save(tmp_path / "m.netable")

    with pytest.warns(
        DataWarning, match="equal rows of the validation table, by which the best epoch was chosen"
    ):
        netable.load(tmp_path / "m.netable").evaluate(frame[100:].assign(y=y[100:]))


@pytest.mark.parametrize("y", [pd.date_range("2020", periods=30), pd.to_timedelta(np.arange(30), unit="D")])
def test_regressor__dates_or_durations_as_target__are_refused(y: pd.Index) -> None:
    with pytest.raises(DataError, match=r"^y holds dates or durations; a target is a number"):
        NetRegressor().fit(np.ones((30, 1)), y.to_series())


@pytest.mark.parametrize("label", [2**53, 2**60, 2**63 + 1])
def test_classifier__whole_numbers_that_would_lose_digits__are_refused(label: int) -> None:
    y = np.array([label, 1] * 15, dtype=np.uint64)

    with pytest.raises(DataError, match=rf"^y holds {label}; numbers beyond 2\^53 lose their last digits"):
        NetClassifier().fit(np.arange(30.0)[:, None], y)


def test_classifier__label_with_half_of_a_character__is_refused() -> None:
    with pytest.raises(DataError, match=r"^y holds '\\ud800', with half of a character"):
        NetClassifier().fit(np.arange(30.0)[:, None], ["\ud800", "a"] * 15)


def test_regressor__both_infinities__are_refused_in_silence() -> None:
    X, both = np.arange(30.0)[:, None], np.array([np.inf, -np.inf] * 15)

    with pytest.raises(DataError, match="infinity"):
        NetRegressor().fit(X, both)
    with pytest.raises(DataError, match="infinity"):
        NetRegressor().fit(both[:, None], X[:, 0])


def test_checkpoint__fit_that_was_stopped__goes_on_to_the_same_bits(
    X: np.ndarray, y: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As good as a kill."""

    def kill(self: object, epoch: Epoch, stack: object) -> None:
        if epoch.epoch == 2:
            raise Killed

    monkeypatch.setattr("netable.train.checkpoint.INTERVAL", 0.0)
    monkeypatch.setattr("netable.train.checkpoint.SHARE", np.inf)
    whole = NetClassifier(**QUICK).fit(X, y)
    kept = NetClassifier(**QUICK, verbose=1, checkpoint=tmp_path / "kept")
    with monkeypatch.context() as patched:
        patched.setattr("netable.estimators.live.EpochPrinter.on_epoch", kill)
        with pytest.raises(Killed):
            kept.fit(X, y)
    assert (tmp_path / "kept" / "manifest.json").exists()
    with pytest.raises(CheckpointError, match="the table has 5 rows fewer"):
        kept.fit(X[5:], y[5:])

    resumed = clone(kept).set_params(verbose=0).fit(X, y)

    assert np.array_equal(resumed.predict_proba(X), whole.predict_proba(X))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0), np.random.default_rng(0)])
def test_fit__checkpoint_without_a_fixed_seed__is_refused(tmp_path, random_state):
    net = NetRegressor(checkpoint=tmp_path / "kept", random_state=random_state)

    with pytest.raises(ConfigError, match="checkpoint needs an integer as random_state"):
        net.fit([[0.0], [1.0]] * 10, [0.0, 1.0] * 10)

    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("Estimator", [NetClassifier, NetRegressor])
def test_docstring__every_parameter_and_attribute__is_described(
    X: np.ndarray, y: np.ndarray, Estimator: Any
) -> None:
    fitted = {
        name
        for name in vars(Estimator(**QUICK).fit(pd.DataFrame(X, columns=list("abc")), y))
        if name[-1] == "_"
    }
    _, _, described = (Estimator.__doc__ or "").partition("Parameters\n----------\n")
    parameters, _, rest = described.partition("Attributes\n----------\n")
    attributes = rest.partition("Examples\n--------\n")[0]

    assert fitted | {"feature_importances_", "oof_prediction_"} <= entries(attributes).keys()
    assert entries(parameters).keys() == Estimator().get_params().keys()
    assert all(len(about) > 5 for about in [*entries(parameters).values(), *entries(attributes).values()])
    assert "=WEIGHT" not in parameters


def entries(section: str) -> dict[str, str]:
    """The names in a section of a docstring, and their descriptions."""
    parts = re.split(r"^(\w+) : .*\n", section, flags=re.MULTILINE)[1:]
    return {name: about.strip() for name, about in zip(parts[::2], parts[1::2], strict=True)}

"""The scikit-learn door: `NetClassifier` and `NetRegressor`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_consistent_length, column_or_1d, validate_data

from netable import model_file
from netable.arguments import (
    LABEL_DTYPES,
    as_user_errors,
    is_frame,
    plain_labels,
    print_epoch,
    seed_from,
    weights_from,
)
from netable.config import DEFAULTS, Auto, Config
from netable.errors import ConfigError, DataError, UserError
from netable.fit import fit
from netable.model import Model
from netable.online import OnlineTraining, untrained_model
from netable.table.read import from_array, read
from netable.table.target import Target

# How target columns are called inside; features of a frame keep their names, so this one must not be likely.
_TARGET = "~target"


class NotFitted(UserError, NotFittedError):
    """The estimator is asked for something that only `fit` gives it."""


@dataclass(kw_only=True, eq=False, repr=False)
class _NetEstimator(BaseEstimator):
    """What both estimators share; the parameters are those of `netable.config.Config`, under scikit-learn's names.

    `fit` and `partial_fit` set `model_` (everything, as `save` writes it), `module_` (the network), `history_` (a
    dict for each epoch and member), `results_` (figures, out of fold), `n_iter_` (epochs), `n_features_in_`, and
    `feature_names_in_` for frames.
    """

    model: str = DEFAULTS.model
    hidden_layer_sizes: tuple[int, ...] = DEFAULTS.hidden_layer_sizes
    activation: str = DEFAULTS.activation
    dropout: float = DEFAULTS.dropout
    optimizer: str = DEFAULTS.optimizer
    lr: float | Auto = DEFAULTS.lr
    momentum: float = DEFAULTS.momentum
    weight_decay: float = DEFAULTS.weight_decay
    schedule: str = DEFAULTS.schedule
    clip_norm: float | None = DEFAULTS.clip_norm
    batch_size: int | Auto = DEFAULTS.batch_size
    max_epochs: int | Auto = DEFAULTS.max_epochs
    early_stopping: bool = DEFAULTS.early_stopping
    patience: int = DEFAULTS.patience
    folds: int | Auto = DEFAULTS.folds
    validation_fraction: float = DEFAULTS.validation_fraction
    kinds: Mapping[str, str] | None = None
    device: str = DEFAULTS.device
    random_state: int | np.random.RandomState | np.random.Generator | None = DEFAULTS.seed
    warm_start: bool = False
    verbose: int = 0

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train on rows that are held out in turn, or, with `X_val`, on all of them.

        Parameters
        ----------
        X : frame, or array or sparse matrix of shape (rows, columns)
            Frames of pandas, polars or Arrow may hold text, categories, dates and missing values;
            arrays hold numbers and NaN.
        y : array-like of shape (rows,), for regression also (rows, targets)
        sample_weight : array-like of shape (rows,), optional
        X_val, y_val, sample_weight_val : as X, y and sample_weight, optional
            Rows to validate on, in place of folds.

        Raises
        ------
        UserError
            If the data or the parameters cannot be used.
        KeyboardInterrupt
            On Ctrl-C; the estimator is then fitted with the best weights so far.
        """
        with as_user_errors():
            table = self._training_table(X, y, reset=True)
            valid_table = None
            if X_val is not None or y_val is not None:
                valid_table = self._training_table(X_val, y_val, reset=False)
        model = fit(
            table,
            self._config(self._target_names(table)),
            valid_table=valid_table,
            weight=weights_from(sample_weight),
            valid_weight=weights_from(sample_weight_val),
            start=self.model_ if self.warm_start and hasattr(self, "model_") else None,
            on_epoch=print_epoch if self.verbose else None,
        )
        self._online: OnlineTraining | None = None
        self._set_model(model)
        if model.history.ending == "interrupted":
            raise KeyboardInterrupt
        return self

    def _learn(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        first = not hasattr(self, "model_")
        with as_user_errors():
            table = self._training_table(X, y, reset=first, classes=classes)
        weight = weights_from(sample_weight)
        if first:
            names = self._target_names(table)
            self._set_model(untrained_model(table, self._config(names), self._target(names), weight))
        online = getattr(self, "_online", None) or OnlineTraining(self.model_)
        online.learn(table, weight)
        self._online = online
        self._set_model(self.model_)
        return self

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, for `netable.load` and the terminal.

        Raises
        ------
        FileError
            If the file cannot be written.
        """
        model_file.save(self._fitted(), path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """A fitted estimator from a model file.

        Raises
        ------
        ModelFileError
            If the file is no model, or one for the other estimator.
        """
        model = model_file.load(path)
        if (model.task == "regression") != issubclass(cls, RegressorMixin):
            raise ConfigError(f"{path} holds a model for {model.task}; {cls.__name__} is for something else.")
        known = {f.name for f in fields(cls)}
        estimator = cls(
            **{k: v for k, v in vars(model.config).items() if k in known}, random_state=model.config.seed
        )
        names = [column.name for column in model.schema.columns]
        estimator.n_features_in_ = len(names)
        if names != [f"x{i}" for i in range(len(names))]:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        estimator._set_model(model)
        return estimator

    def _outcome(self, X: Any) -> NDArray[np.float64]:
        model = self._fitted()
        with as_user_errors():
            return model.outcome(self._features(X, reset=False, model=model))

    def _fitted(self) -> Model:
        if not hasattr(self, "model_"):
            raise NotFitted(f"This {type(self).__name__} instance is not fitted yet; call 'fit' first.")
        return self.model_

    def _config(self, target: tuple[str, ...]) -> Config:
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name in vars(DEFAULTS)}
        own["kinds"] = self._kinds
        return replace(DEFAULTS, **own, target=target, task=self._task, seed=seed_from(self.random_state))

    def _set_model(self, model: Model) -> None:
        self.model_ = model
        self.module_ = model.net
        self.history_ = model.history.rows()
        self.results_ = model.results
        self.n_iter_ = len(model.history.epochs)

    def _training_table(self, X: Any, y: Any, *, reset: bool, classes: Any = None) -> pa.Table:
        table = self._features(X, reset=reset)
        if y is None:
            name = type(self).__name__
            raise ValueError(f"This {name} estimator requires y to be passed, but the target y is None.")
        check_consistent_length(X, y)
        for name, column in self._target_columns(y, reset=reset, classes=classes).items():
            table = table.append_column(name, column)
        return table

    def _features(self, X: Any, *, reset: bool, model: Model | None = None) -> pa.Table:
        if is_frame(X):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if reset:
                self._kinds = dict(self.kinds or {})
            return model.read(X) if model else read(X)
        array = validate_data(
            self,
            X,
            reset=reset,
            dtype=[np.float64, np.float32],
            accept_sparse="csr",
            ensure_all_finite="allow-nan",
        )
        table = from_array(array)
        if reset:
            self._kinds = dict.fromkeys(table.column_names, "number") | dict(self.kinds or {})
        return table

    def _target_names(self, table: pa.Table) -> tuple[str, ...]:
        return tuple(name for name in table.column_names if name.startswith(_TARGET))

    def __sklearn_tags__(self) -> Tags:
        """Missing values and sparse matrices are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags


@dataclass(kw_only=True, eq=False, repr=False)
class NetClassifier(ClassifierMixin, _NetEstimator):
    """Neural networks that classify the rows of a table.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> NetClassifier(max_epochs=20).fit(X, y).predict(X.head(1))
    array([0])
    """

    class_weight: str | Mapping[Any, float] | None = DEFAULTS.class_weight

    @property
    def _task(self) -> str:
        return "binary" if len(self.classes_) == 2 else "multiclass"

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Take one pass over these rows; statistics and columns stay those of the first call.

        Parameters
        ----------
        X, y, sample_weight : as in `fit`
        classes : array-like, optional
            All classes, on the first call, if `y` does not hold them all.

        Raises
        ------
        UserError
            If the data cannot be used, or holds a class not named on the first call.
        """
        return self._learn(X, y, sample_weight, classes)

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each row: (rows,)."""
        probability = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[probability.argmax(1)]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probability of each of `classes_`: (rows, classes)."""
        outcome = self._outcome(X)
        return outcome[:, self._order]

    def _target(self, names: tuple[str, ...]) -> Target:
        labels = plain_labels(self.classes_)
        return Target(names, self._task, tuple(labels), LABEL_DTYPES[type(labels[0])])

    def _target_columns(self, y: Any, *, reset: bool, classes: Any) -> dict[str, pa.Array]:
        y = check_array(y, ensure_2d=False, dtype=None, input_name="y", estimator=self)
        labels = column_or_1d(y, warn=True)
        check_classification_targets(labels)
        if reset:
            self.classes_ = np.unique(labels if classes is None else classes)
        labels = labels.tolist()
        plain = dict(zip(self.classes_.tolist(), plain_labels(self.classes_), strict=True))
        unknown = set(labels) - set(plain)
        if unknown:
            raise DataError(f"y holds {min(unknown)!r}, which is not among the classes {list(plain)[:12]}.")
        column = pa.array([plain[label] for label in labels])
        return {_TARGET: column.cast(pa.float64()) if pa.types.is_integer(column.type) else column}

    def _set_model(self, model: Model) -> None:
        super()._set_model(model)
        if not hasattr(self, "classes_"):
            self.classes_ = model.labels
        position = {label: i for i, label in enumerate(model.target.labels)}
        self._order = [position[label] for label in plain_labels(self.classes_)]


@dataclass(kw_only=True, eq=False, repr=False)
class NetRegressor(RegressorMixin, _NetEstimator):
    """Neural networks that predict numbers from the rows of a table, one or several a row.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> NetRegressor(max_epochs=20).fit(X, y).predict(X).shape
    (442,)
    """

    _task = "regression"

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Take one pass over these rows; statistics and columns stay those of the first call.

        Raises
        ------
        UserError
            If the data cannot be used.
        """
        return self._learn(X, y, sample_weight)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The target of each row: (rows,), for several targets (rows, targets)."""
        outcome = self._outcome(X)
        return outcome[:, 0] if outcome.shape[1] == 1 else outcome

    def _target(self, names: tuple[str, ...]) -> Target:
        return Target(names, "regression")

    def _target_columns(self, y: Any, *, reset: bool, classes: Any) -> dict[str, pa.Array]:
        values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y", estimator=self)
        columns = values.reshape(len(values), -1).T
        if reset:
            self.n_outputs_ = len(columns)
        names = [f"{_TARGET}{i}" for i in range(len(columns))]
        return {name: pa.array(column) for name, column in zip(names, columns, strict=True)}

    def __sklearn_tags__(self) -> Tags:
        """Several targets are welcome."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

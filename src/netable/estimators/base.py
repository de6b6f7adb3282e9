"""What the estimators at the scikit-learn door share: parameters, fitting, saving, and how data come in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_consistent_length, validate_data

from netable.config.settings import DEFAULTS, Auto, Settings
from netable.errors import DataError, ModelFileError, memory_errors
from netable.estimators.callbacks import CallbackSupport, EpochPrinter, FitTasks
from netable.estimators.inputs import (
    NotFitted,
    as_user_errors,
    is_frame,
    is_plain,
    seed_from,
    target_names,
    weights_from,
)
from netable.explanation import Explanation
from netable.fit.fit import fit
from netable.fit.online import OnlineTraining, untrained_model
from netable.fit.resume.checkpoint_folder import remove_checkpoints
from netable.model.file import save_load as model_file
from netable.model.model import Model
from netable.table.canonical.forms import storages
from netable.table.reading.read import from_array, read


@dataclass(kw_only=True, eq=False, repr=False)
class NetEstimator(CallbackSupport, BaseEstimator):
    """Parameters of both estimators: those of `netable.config.settings.Settings`, under scikit-learn's names.

    `checkpoint` names a folder that keeps where `fit` is, every few seconds. If that is stopped in any way, the same
    fit (`random_state` an integer) goes on from there, to the same bits; then the folder goes. Each needs its own.

    `fit` and `partial_fit` set `model_` (everything, as `save` writes it), `module_` (the network), `history_` (a
    dict for each epoch and member), `results_` (figures, out of fold), `n_iter_` (epochs), `n_features_in_`, and, for
    frames, `feature_names_in_`.
    """

    effort: str = DEFAULTS.effort
    time_limit: float | None = DEFAULTS.time_limit
    model: str = DEFAULTS.model
    embedding: str = DEFAULTS.embedding
    stacks: tuple[Mapping[str, Any], ...] | Auto = DEFAULTS.stacks
    hidden_layer_sizes: tuple[int, ...] = DEFAULTS.hidden_layer_sizes
    activation: str = DEFAULTS.activation
    dropout: float | Auto = DEFAULTS.dropout
    optimizer: str = DEFAULTS.optimizer
    lr: float | Auto = DEFAULTS.lr
    momentum: float = DEFAULTS.momentum
    weight_decay: float | Auto = DEFAULTS.weight_decay
    schedule: str = DEFAULTS.schedule
    clip_norm: float | None = DEFAULTS.clip_norm
    batch_size: int | Auto = DEFAULTS.batch_size
    max_epochs: int | Auto = DEFAULTS.max_epochs
    early_stopping: bool = DEFAULTS.early_stopping
    patience: int | Auto | None = DEFAULTS.patience
    precision: str = DEFAULTS.precision
    folds: int | Auto = DEFAULTS.folds
    validation_fraction: float = DEFAULTS.validation_fraction
    kinds: Mapping[str, str] | None = None
    device: str = DEFAULTS.device
    random_state: int | np.random.RandomState | np.random.Generator | None = DEFAULTS.seed
    warm_start: bool = False
    checkpoint: str | os.PathLike[str] | None = None
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
        # A fit that fails leaves no model of other columns or classes behind.
        start = self.__dict__.pop("model_", None)
        self._online: OnlineTraining | None = None
        with as_user_errors():
            table = self._training_table(X, y, reset=True)
            valid_table = None
            if X_val is not None or y_val is not None:
                valid_table = self._training_table(X_val, y_val, reset=False)
        with memory_errors(), FitTasks(self, X, y, sample_weight) as tasks:
            model = fit(
                table,
                self._config(self._targets),
                valid_table=valid_table,
                weight=weights_from(sample_weight),
                valid_weight=weights_from(sample_weight_val),
                start=start if self.warm_start else None,
                watchers=[EpochPrinter()] * bool(self.verbose) + [tasks] * tasks.wanted,
                checkpoint=self.checkpoint,
            )
            self._set_model(model)
            tasks.end(self.model_)
        if model.history.ending == "interrupted":
            raise KeyboardInterrupt
        if self.checkpoint is not None:
            remove_checkpoints(self.checkpoint)
        return self

    def _learn(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        first = not hasattr(self, "model_")
        with as_user_errors():
            table = self._training_table(X, y, reset=first, classes=classes)
        weight = weights_from(sample_weight)
        if first:
            config, target = self._config(self._targets), self._target(self._targets)
            self._set_model(untrained_model(table, config, target, weight))
        online = getattr(self, "_online", None) or OnlineTraining(self.model_)
        online.learn(table, weight)
        self._online = online
        self._set_model(online.model)
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
            raise ModelFileError(
                f"{path} holds a model for {model.task}; {cls.__name__} is for something else."
            )
        known = {f.name for f in fields(cls)}
        estimator = cls(
            **{k: v for k, v in vars(model.recipe).items() if k in known}, random_state=model.recipe.seed
        )
        names = [column.name for column in model.schema.columns]
        estimator.n_features_in_ = len(names)
        numbers_only = all(column.kind == "number" for column in model.schema.columns)
        if not numbers_only or names != [f"x{i}" for i in range(len(names))]:  # else from an array
            estimator.feature_names_in_ = np.array(names, dtype=object)
        estimator._targets, estimator._storage = model.target.names, model.schema.storage
        estimator._set_model(model)
        return estimator

    def _outcome(self, X: Any) -> NDArray[np.float64]:
        model = self._fitted()
        with as_user_errors():
            if not is_frame(X) and not issparse(X):  # the quick way, for a row or many
                encoded = model.encode_numbers(self._array(X, reset=False))
                if encoded is not None:
                    return model.outcome_of(encoded)
            return model.outcome_of(model.encode(self._features(X, reset=False, model=model)))

    def explain(self, X: Any, y: Any = None) -> Explanation:
        """Which columns matter, how, and what they add to a prediction, on these rows (see `netable.explanation`).

        Parameters
        ----------
        X : as in `fit`
        y : as in `fit`, optional
            Needed for importance alone. Take rows that `fit` has not seen, or the figures flatter.

        Raises
        ------
        UserError
            If the data cannot be used.
        """
        model = self._fitted()
        with as_user_errors():
            if y is None:
                return Explanation(model, self._features(X, reset=False, model=model))
            return Explanation(model, self._training_table(X, y, reset=False))

    def report(self, path: str | os.PathLike[str], X: Any, y: Any, sample_weight: Any = None) -> None:
        """Write one page that shows how good the estimator is on these rows, and why (see `netable.report`).

        Raises
        ------
        UserError
            If the data cannot be used, or the file cannot be written.
        """
        from netable.report import write  # with matplotlib, which takes its time to load

        model = self._fitted()
        with as_user_errors():
            table = self._training_table(X, y, reset=False)
        write(model, path, table, weight=weights_from(sample_weight))

    def _fitted(self) -> Model:
        if not hasattr(self, "model_"):
            raise NotFitted(f"This {type(self).__name__} instance is not fitted yet; call 'fit' first.")
        return self.model_

    def _config(self, target: tuple[str, ...]) -> Settings:
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name in vars(DEFAULTS)}
        own |= {"kinds": self._kinds, "seed": seed_from(self.random_state, self.checkpoint)}
        return replace(DEFAULTS, **own, target=target, task=self._task)

    def _set_model(self, model: Model) -> None:
        self.model_ = replace(model, learned_from=None)  # an estimator keeps no data
        self.module_ = model.net
        self.history_ = model.history.rows()
        self.results_ = model.results
        self.n_iter_ = model.history.n_epochs

    def _training_table(self, X: Any, y: Any, *, reset: bool, classes: Any = None) -> pa.Table:
        table = self._features(X, reset=reset)
        if y is None:
            name = type(self).__name__
            raise ValueError(f"This {name} estimator requires y to be passed, but the target y is None.")
        check_consistent_length(X, y)
        columns = self._target_columns(y, reset=reset, classes=classes)
        if reset:
            self._targets = target_names(y, len(columns), taken=table.column_names)
            # Rows that come later are read as these were, whatever they happen to hold.
            self._storage = storages(table)
        for name, column in zip(self._targets, columns, strict=True):
            if name in table.column_names:
                raise DataError(f"A column cannot be called {name!r}, which stands for y; rename it.")
            table = table.append_column(name, column)
        return table

    def _features(self, X: Any, *, reset: bool, model: Model | None = None) -> pa.Table:
        has_names = hasattr(self, "feature_names_in_")
        if is_frame(X) and (reset or has_names):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if reset:
                self._kinds = dict(self.kinds or {})
            return model.read(X) if model else read(X, storage=None if reset else self._storage)
        array = self._array(X, reset=reset)
        table = from_array(array, None if reset or not has_names else list(self.feature_names_in_))
        if reset:
            self._kinds = dict.fromkeys(table.column_names, "number") | dict(self.kinds or {})
        return table

    def _array(self, X: Any, *, reset: bool) -> Any:
        if not reset and not hasattr(self, "feature_names_in_") and is_plain(X, self.n_features_in_):
            return X
        with np.errstate(invalid="ignore"):  # the sum of inf and -inf, by which they are found
            return validate_data(
                self,
                X,
                reset=reset,
                dtype=[np.float64, np.float32],
                accept_sparse="csr",
                ensure_all_finite="allow-nan",
            )

    def __sklearn_tags__(self) -> Tags:
        """Missing values and sparse matrices are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags

"""Parameters, fitting and saving of both estimators."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from inspect import cleandoc
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.base import RegressorMixin

from netable.config.settings import DEFAULTS, SETTINGS, Auto, Settings, parameters_doc
from netable.errors import DataError, FileError, ModelFileError, memory_errors
from netable.estimators.callbacks import CallbackSupport, FitTasks
from netable.estimators.fitted import FittedEstimator
from netable.estimators.inputs import as_frame, as_user_errors, is_frame, seed_from, weights_from
from netable.estimators.live import loss_printer
from netable.fit.fit import fit
from netable.fit.members.watcher import Watcher
from netable.fit.online import OnlineTraining, untrained_model
from netable.fit.resume.checkpoint_folder import remove_checkpoints
from netable.model.asked import Asked, name_of_dtype
from netable.model.file import load, save
from netable.model.model import Model
from netable.table.target import Target

Estimator = TypeVar("Estimator", bound="NetEstimator")


@dataclass(kw_only=True, eq=False, repr=False)
class NetEstimator(CallbackSupport, FittedEstimator):
    """The parameters and methods of both estimators.

    Most parameters are those of `netable.config.settings.Settings`, by the same names.

    Parameters
    ----------
    kinds : mapping of column name to kind, optional
        Override detected kinds: number, category, flag, date, text, identifier, constant; or the form of dates,
        "date:%d.%m.%Y".
    random_state : int, NumPy generator or None, default 0
        Seed of everything random; None draws a new one.
    warm_start : bool, default False
        Begin with the weights of the last fit.
    checkpoint : path, optional
        A folder. `fit` saves its state there every few seconds; running it again, with an integer as `random_state`,
        resumes to the same bits. Deleted on success. Use one folder per fit.
    verbose : int, default 0
        Show losses: a table that Jupyter and VS Code redraw, elsewhere a line for each epoch on standard error.

    Attributes
    ----------
    classes_ : array of shape (classes,)
        Of a classifier: the labels, in the order of the columns of `predict_proba`.
    n_outputs_ : int
        Of a regressor: the number of targets.
    oof_prediction_ : array of shape (rows,), (rows, targets) or (rows, classes)
        Predictions, or probabilities, of the rows of `fit` by networks that have not seen them. Not saved.
    feature_importances_ : array of shape (n_features_in_,)
        Rise of the out-of-fold loss when a column is shuffled. Measured on first use; not saved.
    model_ : Model
        Everything that `save` writes, and in memory also the rows of `fit`.
    module_ : torch.nn.Module
        The networks. They take raw numbers and codes of categories, as `model_.encode(X)` gives them.
    history_ : list of dict
        Training and validation loss, learning rate and seconds of each epoch and member; `history_.plot()` draws them.
    results_ : dict
        `valid` holds the out-of-fold metrics and `baseline` those of a constant; the rest are facts about the fit.
    n_iter_ : int
        Epochs that were trained.
    n_features_in_ : int
        Columns of `X`.
    feature_names_in_ : array of str
        Their names; only after a fit on a frame.
    """

    effort: str = DEFAULTS.effort
    time_limit: float | None = DEFAULTS.time_limit
    model: str | Callable[[int, int], Any] = DEFAULTS.model
    embedding: str = DEFAULTS.embedding
    categories: str = DEFAULTS.categories
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
    split: str = DEFAULTS.split
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
        groups: Any = None,
        time: Any = None,
    ) -> Self:
        """Train networks, each on all folds but one, or, with `X_val`, on all rows.

        All arguments after `y` can be routed as metadata (`set_fit_request`).

        Parameters
        ----------
        X : frame, or array or sparse matrix of shape (rows, columns)
            Frames of pandas, polars or Arrow may hold text, categories, dates and missing values;
            arrays hold numbers and NaN.
        y : array-like of shape (rows,), for regression also (rows, targets)
        sample_weight : array-like of shape (rows,), optional
        X_val, y_val, sample_weight_val : as X, y and sample_weight, optional
            Rows to validate on, in place of folds.
        groups : array-like of shape (rows,), optional
            Rows of one group stay in one fold, such as those of a customer.
        time : array-like of shape (rows,), optional
            Dates or numbers: rows are validated by networks trained on earlier ones.

        Raises
        ------
        UserError
            If the data or the parameters cannot be used.
        KeyboardInterrupt
            On Ctrl-C; the estimator is then fitted with the best weights so far.
        """
        # After a failed fit no model of other columns or classes may stay.
        start = self.__dict__.pop("model_", None)
        self._online: OnlineTraining | None = None
        with as_user_errors():
            table = self._training_table(X, y, reset=True)
            table, columns = self._with_row_columns(table, group=groups, time=time)
            has_valid_rows = X_val is not None
            if has_valid_rows != (y_val is not None):
                missing, given = ("y_val", "X_val") if has_valid_rows else ("X_val", "y_val")
                raise DataError(f"{given} is given without {missing}; validation needs both.")
            if has_valid_rows and columns:
                raise DataError(
                    "groups and time choose the folds, which X_val replaces; give one or the other."
                )
            valid_table = self._training_table(X_val, y_val, reset=False) if has_valid_rows else None
        with memory_errors(), FitTasks(self, X, y, sample_weight) as tasks:
            watchers: list[Watcher] = [loss_printer()] if self.verbose else []
            if tasks.has_callbacks:
                watchers.append(tasks)
            settings = self._settings()
            model = fit(
                table,
                replace(settings, **columns),
                valid_table=valid_table,
                weight=weights_from(sample_weight),
                valid_weight=weights_from(sample_weight_val),
                start=start if self.warm_start else None,
                watchers=watchers,
                checkpoint=self.checkpoint,
            )
            model.asked = self._asked(settings)
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
        if first:  # not fitted before these rows are learned: after a failure other parameters can be tried
            settings = self._settings()
            model = untrained_model(table, settings, self._target(self._targets), weight)
            model.asked = self._asked(settings)
        else:
            model = self.model_
        online = getattr(self, "_online", None) or OnlineTraining(replace(model, learned_from=None))
        online.learn(table, weight)
        self._online = online
        self._set_model(online.model)
        return self

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write the fitted model to one file, for `netable.load` and the terminal.

        Raises
        ------
        FileError
            If the file exists and is not to be overwritten, or cannot be written.
        ModelFileError
            If `model` is a function: a file holds no code. Pickle such an estimator.
        """
        model = self._fitted()
        if os.path.lexists(path) and not overwrite:
            raise FileError(f"{path} exists already. Name another file, or overwrite it with overwrite=True.")
        save(model, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """A fitted estimator from a model file; `ModelFileError` if it holds no model for this estimator."""
        model = load(path)
        if (model.task == "regression") != issubclass(cls, RegressorMixin):
            raise ModelFileError(
                f"{path} holds a model for {model.task}; {cls.__name__} is for something else."
            )
        asked = model.asked or _guess_asked(model)
        estimator = cls(**_parameters(asked, model.target, [f.name for f in fields(cls)]))
        names = [column.name for column in model.schema.columns]
        estimator.n_features_in_ = len(names)
        if asked.has_names:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        estimator._set_outputs(asked.classes(model.target), len(model.target.names))
        estimator._targets, estimator._storage = model.target.names, model.schema.storage
        estimator._set_model(model)
        return estimator

    def _outcome(self, X: Any) -> NDArray[np.float64]:
        model = self._fitted()
        with as_user_errors():
            X = as_frame(X, self._names)
            if not is_frame(X) and not issparse(X):  # a shortcut, faster for a row or many
                outcome = model.outcome_of_numbers(self._array(X, reset=False))
                if outcome is not None:
                    return outcome
            return model.outcome_of(model.encode(self._features(X, reset=False, model=model)))

    def _settings(self) -> Settings:
        settings = {f.name: getattr(self, f.name) for f in fields(self) if f.name in SETTINGS}
        settings |= {"kinds": self._kinds, "seed": seed_from(self.random_state, self.checkpoint)}
        return replace(DEFAULTS, **settings, target=self._targets, task=self._task)

    def _asked(self, settings: Settings) -> Asked:
        classes = getattr(self, "classes_", None)
        return Asked(
            replace(settings, kinds=dict(self.kinds or {})),
            has_names=hasattr(self, "feature_names_in_"),
            label_dtype="" if classes is None else name_of_dtype(classes.dtype),
            random_state=None if self.random_state is None else settings.seed,
            warm_start=bool(self.warm_start),
            verbose=int(self.verbose),
        )

    def _set_model(self, model: Model) -> None:
        self.model_ = model
        self.module_ = model.net
        self.history_ = model.history.rows()
        self.results_ = model.results
        self.n_iter_ = model.history.n_epochs


def _parameters(asked: Asked, target: Target, names: Collection[str]) -> dict[str, Any]:
    """The named parameters of the estimator that asked for a fit."""
    given = vars(asked.settings) | vars(asked) | {"kinds": dict(asked.settings.kinds) or None}
    if isinstance(weights := given["class_weight"], Mapping):  # in JSON, labels are texts
        labels = {str(label): label for label in target.labels}
        given["class_weight"] = {labels.get(name, name): weight for name, weight in weights.items()}
    return {name: given[name] for name in names if name in given}


def _guess_asked(model: Model) -> Asked:
    """For a file of a version that did not store it."""
    columns = model.schema.columns
    numbers_only = all(column.is_raw for column in columns)
    numbered = [column.name for column in columns] == [f"x{i}" for i in range(len(columns))]
    return Asked(model.recipe, has_names=not (numbers_only and numbered), random_state=model.recipe.seed)


def with_parameters(estimator: type[Estimator]) -> type[Estimator]:
    """Describe all parameters in the docstring of an estimator, before its examples."""
    about, _, examples = cleandoc(estimator.__doc__ or "").partition("Examples\n")
    settings = parameters_doc(f.name for f in fields(estimator) if f.name in SETTINGS and f.name != "kinds")
    more = cleandoc(NetEstimator.__doc__ or "").partition("Parameters\n----------\n")[2]
    estimator.__doc__ = f"{about}{settings}\n{more}\n\nExamples\n{examples}"
    return estimator

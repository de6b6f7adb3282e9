"""`NetClassifier` and `NetRegressor`, the estimators for scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, column_or_1d

from netable.config.settings import DEFAULTS
from netable.config.values import is_text
from netable.errors import DataError
from netable.estimators.base import NetEstimator, with_parameters
from netable.estimators.inputs import LABEL_DTYPES, plain_labels
from netable.model.intervals import COVERAGE
from netable.model.model import Model
from netable.table.target import Target


@with_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class NetClassifier(ClassifierMixin, NetEstimator):
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
        """Train for one epoch on these rows; statistics and columns stay those of the first call.

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
        return outcome if self._order == sorted(self._order) else outcome[:, self._order]

    def _target(self, names: tuple[str, ...]) -> Target:
        labels = plain_labels(self.classes_)
        if len(labels) < 2:
            raise DataError(
                f"The first rows hold one class only, {labels[0]!r}; name all of them in the first call: classes=[…]."
            )
        return Target(names, self._task, tuple(labels), LABEL_DTYPES[type(labels[0])])

    def _target_columns(self, y: Any, *, reset: bool, classes: Any) -> list[pa.Array]:
        y = check_array(y, ensure_2d=False, dtype=None, input_name="y", estimator=self)
        if y.ndim == 2 and y.shape[1] > 1:
            raise DataError(
                f"y has {y.shape[1]} columns, and a NetClassifier learns one. Fit one for each: "
                "sklearn.multioutput.MultiOutputClassifier(NetClassifier())."
            )
        labels = column_or_1d(y, warn=True)
        with np.errstate(invalid="ignore"):  # scikit-learn casts numbers that are too large for an integer
            check_classification_targets(labels)
        if reset:
            self.classes_ = np.unique(labels if classes is None else classes)
        _check_labels(self.classes_)
        labels = labels.tolist()
        plain = dict(zip(self.classes_.tolist(), plain_labels(self.classes_), strict=True))
        unknown = set(labels) - set(plain)
        if unknown:
            raise DataError(f"y holds {min(unknown)!r}, which is not among the classes {list(plain)[:12]}.")
        column = pa.array([plain[label] for label in labels])
        return [column.cast(pa.float64()) if pa.types.is_integer(column.type) else column]

    def _set_outputs(self, classes: NDArray[Any], n_targets: int) -> None:
        self.classes_ = classes

    def _set_model(self, model: Model) -> None:
        super()._set_model(model)
        position = {label: i for i, label in enumerate(model.target.labels)}
        self._order = [position[label] for label in plain_labels(self.classes_)]


def _check_labels(classes: NDArray[Any]) -> None:
    for label in plain_labels(classes):
        if isinstance(label, str) and not is_text(label):
            raise DataError(
                f"y holds {label!r:.60}, with half of a character, as a text has that was decoded wrongly; correct it."
            )
        if isinstance(label, int) and abs(label) >= 2**53:
            raise DataError(
                f"y holds {label}; numbers beyond 2^53 lose their last digits. If they are codes, make them text: "
                "y.astype(str)."
            )


@with_parameters
@dataclass(kw_only=True, eq=False, repr=False)
class NetRegressor(RegressorMixin, NetEstimator):
    """Neural networks that predict numbers from the rows of a table, one or several a row.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> NetRegressor(max_epochs=20).fit(X, y).predict(X).shape
    (442,)
    """

    loss: str = DEFAULTS.loss
    quantile: float = DEFAULTS.quantile
    target_transform: str = DEFAULTS.target_transform

    _task = "regression"

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on these rows, as in `fit`; statistics and columns stay those of the first call."""
        return self._learn(X, y, sample_weight)

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The target of each row: (rows,), for several targets (rows, targets)."""
        outcome = self._outcome(X)
        return outcome[:, 0] if outcome.shape[1] == 1 else outcome

    def predict_interval(
        self, X: Any, coverage: float = COVERAGE
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The lower and the upper ends of intervals that hold a share `coverage` of targets, shaped as `predict`.

        They come from errors of similar predictions on held-out rows; `results_["intervals"]` holds their coverage.

        Parameters
        ----------
        X : as in `predict`
        coverage : float
            From 0.5 to 0.99.

        Raises
        ------
        UserError
            If the coverage is out of bounds, or no or too few rows were held out.
        """
        intervals = self._fitted().intervals
        intervals.check(coverage)
        lower, upper = intervals.around(self._outcome(X), coverage)
        return (lower[:, 0], upper[:, 0]) if lower.shape[1] == 1 else (lower, upper)

    def _set_outputs(self, classes: NDArray[Any], n_targets: int) -> None:
        self.n_outputs_ = n_targets

    def _target(self, names: tuple[str, ...]) -> Target:
        return Target(names, "regression")

    def _target_columns(self, y: Any, *, reset: bool, classes: Any) -> list[pa.Array]:
        if np.asarray(y).dtype.kind in "mM":
            raise DataError(
                "y holds dates or durations; a target is a number, such as the days since a date, y.dt.days."
            )
        with np.errstate(invalid="ignore"):  # the check adds inf and -inf
            values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y", estimator=self)
        columns = values.reshape(len(values), -1).T
        if reset:
            self.n_outputs_ = len(columns)
        return [pa.array(column) for column in columns]

    def __sklearn_tags__(self) -> Tags:
        """Tags that allow several targets."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

"""Conversion of `X` and `y` to tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_consistent_length, validate_data

from netable.config.reading import ReadOptions
from netable.errors import DataError
from netable.estimators.inputs import as_frame, is_frame, refuse_texts, row_column, target_names
from netable.model.model import Model
from netable.table.canonical.forms import storages
from netable.table.reading.base.frames import is_plain
from netable.table.reading.read import from_array, read


class DataEstimator(BaseEstimator):  # type: ignore[misc]
    """An estimator for frames, arrays and sparse matrices, which remembers the columns of the training data."""

    _targets: tuple[str, ...]
    _storage: dict[str, str]
    _kinds: dict[str, str]
    # Long codes of groups keep all digits as text.
    _ROW_STORAGES: ClassVar = {"group": "text", "time": None}

    def _training_table(self, X: Any, y: Any, *, reset: bool, classes: Any = None) -> pa.Table:
        table = self._features(X, reset=reset)
        if y is None:
            name = type(self).__name__
            raise ValueError(f"This {name} estimator requires y to be passed, but the target y is None.")
        check_consistent_length(table, y)
        columns = self._target_columns(y, reset=reset, classes=classes)
        if reset:
            self._targets = target_names(y, len(columns), taken=table.column_names)
            # Later rows are read with the same types, whatever values they hold.
            self._storage = storages(table)
        for name, column in zip(self._targets, columns, strict=True):
            if name in table.column_names:
                raise DataError(f"A column cannot be called {name!r}, which stands for y; rename it.")
            table = table.append_column(name, column)
        return table

    def _with_row_columns(self, table: pa.Table, **values: Any) -> tuple[pa.Table, dict[str, Any]]:
        """The table with a column of groups or of times, if they are given, and the settings that name it."""
        settings: dict[str, Any] = {}
        for what, given in values.items():
            if given is not None:
                check_consistent_length(table, given)
                name = what if what not in table.column_names else f"~{what}"
                table = table.append_column(name, row_column(given, name, self._ROW_STORAGES[what]))
                settings[f"{what}_column"] = name
        if "time_column" in settings:
            settings["ignore_columns"] = (settings["time_column"],)
        return table, settings

    def _features(self, X: Any, *, reset: bool, model: Model | None = None) -> pa.Table:
        has_names = hasattr(self, "feature_names_in_")
        X = as_frame(X, () if reset else self._names)
        if is_frame(X) and (reset or has_names):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if reset:
                self._kinds = dict(self.kinds or {})
            if model:
                return model.read(X)
            options = ReadOptions(kinds=self._kinds)
            return read(X, options=options, storage=None if reset else self._storage)
        array = self._array(X, reset=reset)
        table = from_array(array, None if reset or not has_names else list(self.feature_names_in_))
        if reset:
            self._kinds = dict.fromkeys(table.column_names, "number") | dict(self.kinds or {})
        return table

    @property
    def _names(self) -> Sequence[str]:
        return getattr(self, "feature_names_in_", ())

    def _array(self, X: Any, *, reset: bool) -> Any:
        if not reset and not hasattr(self, "feature_names_in_") and is_plain(X, self.n_features_in_):
            return X  # as `validate_data` would, ten times faster
        try:
            with np.errstate(invalid="ignore"):  # the check adds inf and -inf
                return validate_data(
                    self,
                    X,
                    reset=reset,
                    dtype=[np.float64, np.float32],
                    accept_sparse="csr",
                    ensure_all_finite="allow-nan",
                )
        except ValueError as error:
            refuse_texts(X, error)
            raise

    def __sklearn_tags__(self) -> Tags:
        """Tags that allow missing values and sparse matrices."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        return tags

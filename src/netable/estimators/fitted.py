"""Verdicts, explanation and report of a fitted estimator."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import estimator_html_repr

from netable.config.exports import EXPORT_DEFAULTS, ExportSettings
from netable.deploy.export import export
from netable.doctor import Verdict
from netable.estimators.data import DataEstimator
from netable.estimators.inputs import NoRows, NotFitted, as_user_errors, plain_labels, weights_from
from netable.explanation import Explanation, explain
from netable.model.model import Model


class FittedEstimator(DataEstimator):
    """An estimator that explains what it has learned."""

    model_: Model
    classes_: NDArray[Any]
    _importances: tuple[Any, NDArray[np.float64]]

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """Rise of the loss when a column is shuffled, as `explain().importance()`: (n_features_in_,).

        Measured when first asked for, on the validation rows of `fit`. 0 for columns that are not used or do not help.

        Raises
        ------
        AttributeError
            If the rows of `fit` are gone, or there was no fit.
        """
        model = self._fitted()
        if self.__dict__.get("_importances", (None,))[0] is not model.net:
            rises = {each.name: max(each.mean, 0.0) for each in explain(self._with_rows()).importance()}
            columns = [rises.get(column.name, 0.0) for column in model.schema.columns]
            self._importances = model.net, np.array(columns)
        values: NDArray[np.float64] = self._importances[1]
        return values

    @property
    def oof_prediction_(self) -> NDArray[np.float64]:
        """Prediction of each row of `fit` by networks that have not seen it; NaN where there is none.

        (rows,), for several targets (rows, targets), for classes probabilities (rows, classes). With `X_val`, of its
        rows.

        Raises
        ------
        AttributeError
            If no rows were held out, or the estimator was loaded: a file does not hold predictions.
        """
        table = self._fitted().out_of_fold
        if table is None:
            raise NoRows(
                "There are no predictions out of fold: they are neither saved nor made by partial_fit."
            )
        model = self._fitted()
        if model.task == "regression":
            columns = [name for name in table.column_names if name != "fold"]
        else:
            columns = [f"proba_{label}" for label in plain_labels(self.classes_)]
        values = np.column_stack([table.column(name).cast("float64").to_numpy() for name in columns])
        return values[:, 0] if len(columns) == 1 else values

    def diagnose(self) -> list[Verdict]:
        """The doctor's verdicts on data and training, the most severe first (see `netable.doctor`)."""
        return self._fitted().diagnose()

    def explain(self, X: Any = None, y: Any = None) -> Explanation:
        """Importance, effects and contributions of columns (see `netable.explanation`).

        Parameters
        ----------
        X : as in `fit`, optional
            Rows to explain the estimator on, preferably not those of `fit`. By default, right after `fit`: the
            validation rows, each predicted by networks that have not seen it.
        y : as in `fit`, optional
            Needed for importance alone.

        Raises
        ------
        UserError
            If the data cannot be used, or X is left out and the rows of `fit` are gone, because they are neither saved
            nor pickled.
        """
        if X is None:
            return explain(self._with_rows())
        model = self._fitted()
        with as_user_errors():
            if y is None:
                return Explanation(model, self._features(X, reset=False, model=model))
            return Explanation(model, self._training_table(X, y, reset=False))

    def report(
        self, path: str | os.PathLike[str], X: Any = None, y: Any = None, sample_weight: Any = None
    ) -> None:
        """Write an HTML page about the quality of the estimator (see `netable.report`).

        Parameters
        ----------
        X, y, sample_weight : as in `fit`, optional
            Rows to evaluate on. By default, right after `fit`: the validation rows.

        Raises
        ------
        UserError
            As in `explain`, or if the file cannot be written.
        """
        from netable.report import write_report, write_table_report  # loads matplotlib, which is slow

        if X is None:
            write_report(self._with_rows(), path)
            return
        model = self._fitted()
        with as_user_errors():
            table = self._training_table(X, y, reset=False)
        write_table_report(model, path, table, weight=weights_from(sample_weight))

    def export(
        self,
        path: str | os.PathLike[str],
        to: str = EXPORT_DEFAULTS.to,
        *,
        interval: float | None = EXPORT_DEFAULTS.interval,
        check: Any = None,
        numbers: str = EXPORT_DEFAULTS.numbers,
        dates: str = EXPORT_DEFAULTS.dates,
        overwrite: bool = False,
    ) -> Any:
        """Write the estimator in another form, and prove that it predicts the same (see `Model.export`).

        Parameters
        ----------
        check : as X in `fit`, optional
            Rows to compare, beside some of `fit`.
        """
        settings = ExportSettings(to, interval, numbers, dates)
        model = self._fitted()
        with as_user_errors():
            table = None if check is None else self._features(check, reset=False, model=model)
        return export(model, path, settings, check=table, overwrite=overwrite)

    def _with_rows(self) -> Model:
        model = self._fitted()
        if model.learned_from is None:
            raise NoRows(
                "The rows of fit are gone: they are neither saved nor pickled, nor kept by partial_fit. Pass X and y."
            )
        return model

    def __getstate__(self) -> dict[str, Any]:
        """The state for a pickle or a copy, without the rows of `fit`."""
        state: dict[str, Any] = dict(super().__getstate__())
        if "model_" in state:
            state["model_"] = replace(state["model_"], learned_from=None)
        return state

    def _html_repr(self) -> str:
        diagram: str = estimator_html_repr(self)
        of_model = getattr(getattr(self, "model_", None), "_repr_html_", None)
        return diagram + of_model() if of_model else diagram

    def _fitted(self) -> Model:
        if not hasattr(self, "model_"):
            raise NotFitted(f"This {type(self).__name__} instance is not fitted yet; call 'fit' first.")
        return self.model_

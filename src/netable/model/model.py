"""A fitted model: schema, encoder, networks and results."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pkgutil import resolve_name
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.exports import EXPORT, EXPORT_DEFAULTS, ExportSettings
from netable.config.recipe import Recipe
from netable.doctor import Verdict, Verdicts
from netable.errors import ConfigError
from netable.model.asked import Asked
from netable.model.evaluation import Evaluation
from netable.model.guard.guard import NO_REFERENCE, Guard
from netable.model.guard.reference import Reference
from netable.model.intervals import COVERAGE, Intervals, measure
from netable.model.learned_from import LearnedFrom
from netable.model.prediction import (
    check_threshold,
    checked,
    predicted_labels,
    prediction_table,
    with_warnings,
)
from netable.model.predictor import Predictor
from netable.model.pruning import fewer_members
from netable.model.row_sketch import RowSketch, warn_of_seen
from netable.model.summary import summary
from netable.model.table_model import TableModel
from netable.nn import Ensemble
from netable.system.brief import brief
from netable.system.wording import capitalized, listed
from netable.table.encode import Encoded, Encoder
from netable.table.reading.base.frames import is_plain
from netable.table.schema import Schema
from netable.table.target import Target
from netable.table.target_values import has_target, warn_of_left_out
from netable.train import History, Objective, metrics


@dataclass
class Model(TableModel):
    """A fitted model, with everything that a prediction needs and a record of its training.

    Attributes
    ----------
    recipe : Recipe
        The settings, all decided.
    target, schema, encoder
        The target, the columns, and their encoding as numbers.
    net : Ensemble
        The members that predict together, in evaluation mode.
    objective : Objective
    sketch : RowSketch
        Hashes of training rows, to detect them in other tables.
    judges : RowSketch
        The same of a validation table, by which the weights were chosen.
    results : dict
        The content of `metrics.json`.
    history : History
    intervals : Intervals
        Error quantiles for `predict_interval`, or the reason why there are none.
    out_of_fold : pyarrow.Table or None
        Predictions of the training rows by members that did not learn from them; not in the model file.
    groups : RowSketch
        The values of the group column in training, to tell new groups; empty without one.
    reference : Reference or None
        The distribution of the training rows, to tell rows unlike them; None for files of versions that kept none.
    learned_from : LearnedFrom or None
        Rows of its training, for a report; not in the model file.
    asked : Asked or None
        The inputs of the fit as they were given; None for a model of a file that lacks them.
    """

    recipe: Recipe
    target: Target
    schema: Schema
    encoder: Encoder
    net: Ensemble
    objective: Objective
    sketch: RowSketch
    results: dict[str, Any]
    history: History = field(default_factory=History)
    out_of_fold: pa.Table | None = None
    intervals: Intervals = field(default_factory=Intervals)
    judges: RowSketch = field(default_factory=RowSketch)
    groups: RowSketch = field(default_factory=RowSketch)
    reference: Reference | None = None
    learned_from: LearnedFrom | None = None
    asked: Asked | None = None
    _predictor: Predictor | None = field(default=None, init=False, repr=False, compare=False)

    def diagnose(self) -> Verdicts:
        """The doctor's verdicts on the data, the training and the predictions, the gravest first."""
        return Verdicts(map(Verdict.from_dict, self.results.get("diagnosis", [])))

    __repr__ = brief

    def _repr_html_(self) -> str:
        heading = f"{capitalized(self.task)} model of {listed(self.target.names)}"
        columns = [column.name for column in self.schema.used]
        return summary(heading, columns, len(self.net), self.results, self.diagnose())

    def predict(self, source: object, threshold: float | None = None) -> NDArray[Any]:
        """Labels, or numbers: (rows,), for several targets (rows, d_out).

        Parameters
        ----------
        threshold : float, optional
            The probability from which the second of two classes is predicted, in place of 0.5.

        Raises
        ------
        UserError
            If the source cannot be read, or lacks a column, or the threshold is not from 0 to 1 or not of two classes.
        """
        check_threshold(self.target, threshold)
        outcome = self.outcome(source)
        if self.task != "regression":
            return predicted_labels(self.target, outcome, threshold)
        return outcome[:, 0] if outcome.shape[1] == 1 else outcome

    def predict_proba(self, source: object) -> NDArray[np.float64]:
        """Probability of each class: (rows, classes).

        Raises
        ------
        ConfigError
            If the model is a regression.
        """
        if self.task == "regression":
            raise ConfigError("A regression has no class probabilities; use predict.")
        return self.outcome(source)

    def predict_interval(
        self, source: object, coverage: float = COVERAGE
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper ends of intervals that contain a share `coverage` of targets, shaped as `predict`.

        Raises
        ------
        UserError
            As `predict`, or if the model has no intervals of this coverage.
        """
        self.intervals.check(coverage)
        lower, upper = self.intervals.around(self.outcome(source), coverage)
        return (lower[:, 0], upper[:, 0]) if lower.shape[1] == 1 else (lower, upper)

    def outcome(self, source: object) -> NDArray[np.float64]:
        """Target values or class probabilities, averaged over members: (rows, d_out or classes)."""
        if self.encoder.takes_arrays and is_plain(source, len(self.schema.columns)):
            outcome = self.outcome_of_numbers(source)  # without a table, several times faster for a row
            if outcome is not None:
                return outcome
        rows = self.read(source, used=self.schema.storage) if isinstance(source, pa.Table) else source
        return self.outcome_of(self.encode(rows))

    def guard(self, source: object) -> Guard:
        """How the rows of a source differ from those of training.

        Raises
        ------
        UserError
            As `predict`; `ConfigError` if the model keeps no reference of its training rows.
        """
        if self.reference is None:
            raise ConfigError(NO_REFERENCE)
        return Guard(self.reference, self.encode(source, warns=False))

    def guard_of(self, encoded: Encoded) -> Guard | None:
        """As `guard`, from encoded rows; None without a reference."""
        return None if self.reference is None else Guard(self.reference, encoded)

    def encode(self, source: object, *, warns: bool = True) -> Encoded:
        """A source as numbers and codes; `warns` tells of levels and ranges that training did not have."""
        encoded = self.encode_by(source, self._ready.dtype)
        return with_warnings(encoded) if warns else encoded

    def outcome_of_numbers(self, values: NDArray[np.floating]) -> NDArray[np.float64] | None:
        """As `outcome`, for an array of all columns of training; None if some of them are not numbers."""
        if self.encoder.places is None:
            return None
        ready = self._ready
        encoded = with_warnings(self.encoder.encode_numbers(values, ready.dtype))
        return checked(ready.outcome(encoded))

    def outcome_of(self, encoded: Encoded) -> NDArray[np.float64]:
        """As `outcome`, from encoded rows, in parallel chunks.

        Raises
        ------
        DataError
            If a prediction is not finite, as with a forged model file.
        """
        return checked(self._ready.outcome(encoded))

    @property
    def _ready(self) -> Predictor:
        if self._predictor is None or not self._predictor.is_for(self.net, self.objective):
            self._predictor = Predictor(self.net, self.objective)
        return self._predictor

    def predict_table(
        self, table: pa.Table, interval: float | None = None, threshold: float | None = None
    ) -> pa.Table:
        """Predictions for a canonical table: `prediction`, and for classes `proba_<class>`.

        With `interval`, a coverage, also `lower` and `upper`; for several targets see `prediction_columns`.
        """
        return self.predict_encoded(self.encode(table), interval, threshold)

    def predict_encoded(
        self, encoded: Encoded, interval: float | None = None, threshold: float | None = None
    ) -> pa.Table:
        """As `predict_table`, from encoded rows."""
        return prediction_table(self.target, self.intervals, self.outcome_of(encoded), interval, threshold)

    def evaluate(self, source: object, *, weight: NDArray[np.floating] | None = None) -> dict[str, Any]:
        """Metrics on labelled rows; weights come from the model's weight column, if the rows have it.

        Rows without a target are left out, with a warning, if they were left out in training. Warns if many rows were
        in the training table, because metrics are then too optimistic; and if many are later than its rows.
        `share_of_rows_beyond_training` has the share of later rows, new levels and new groups by column.

        Raises
        ------
        UserError
            If the source cannot be read, or lacks a column, or its target has a class that training did not have.
        """
        return self.evaluate_table(self.read(source, labelled=True, used=self.columns_used), weight=weight)

    def evaluate_table(
        self, table: pa.Table, *, weight: NDArray[np.floating] | None = None
    ) -> dict[str, Any]:
        """As `evaluate`, for a canonical table."""
        return self.evaluate_pieces([table], weight=weight)

    def evaluate_pieces(
        self, tables: Iterable[pa.Table], *, weight: NDArray[np.floating] | None = None
    ) -> dict[str, Any]:
        """As `evaluate`, for the pieces of a canonical table; of each only what is to be measured is kept."""
        gathered, n_left_out = Evaluation(self.target, self.recipe, self.encoder, self.groups), 0
        for table in tables:
            known = has_target(table, self.recipe)
            if known is not None:
                table, n_left_out = table.filter(pa.array(known)), n_left_out + int((~known).sum())
                weight = None if weight is None else np.asarray(weight)[known]
            encoded = self.encode(table, warns=False)
            gathered.add(table, encoded, self.outcome_of(encoded))
        warn_of_left_out(n_left_out)
        y, outcome, weights, hashes = gathered.gathered(weight)
        seen, beyond = warn_of_seen(hashes, self.sketch, self.judges), gathered.beyond()
        loss, quantile = self.objective.loss, self.objective.quantile
        values = metrics(self.task, y, outcome, weights, loss=loss, quantile=quantile)
        evaluation = {"rows": len(y), "metrics": values, "share_of_rows_seen_in_training": round(seen, 4)}
        evaluation["share_of_rows_beyond_training"] = beyond
        if self.task == "regression":
            evaluation["intervals"] = measure(self.intervals, outcome, y, weights)
        return evaluation

    def pruned(self, members: int) -> Model:
        """The model with so many networks of each stack, which keeps its weight: smaller and faster, less exact.

        Networks of a stack differ by the rows that they learned from and by chance. Which of them predict best is not
        known, as each was judged by rows of its own. Metrics out of fold, and intervals, are of one network of every
        stack, so they hold for the smaller model as for the whole one.

        Raises
        ------
        ConfigError
            If `members` is not a number of 1 or more. Stacks with fewer stay as they are.
        """
        net, kept = fewer_members(self.net, members)
        results = self.results | ({"members": len(net)} if "members" in self.results else {})
        return replace(self, net=net, objective=self.objective.take(kept), results=results)

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
        """Write the model in another form, and prove that it predicts the same; see `netable.deploy.export.export`.

        `to`, `interval`, `numbers` and `dates` are those of `netable.config.exports.ExportSettings`.
        """
        settings = ExportSettings(to, interval, numbers, dates)
        return resolve_name(EXPORT)(self, path, settings, check=check, overwrite=overwrite)

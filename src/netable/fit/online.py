"""A model that learns from more rows with every call."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.config.bodies import DEFAULT_BODY, body_spec
from netable.config.optimizers import OPTIMIZER_SPECS
from netable.config.recipe import Recipe
from netable.config.settings import Settings
from netable.errors import ConfigError, TrainingError
from netable.fit.members.first_members import first_members, seeds
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.members.stack import optimizer_for
from netable.fit.preparation.prepare import prepare
from netable.fit.preparation.resolve import TINY_ROWS
from netable.fit.preparation.target_transform import check_later_targets, check_targets
from netable.model.intervals import FOR_CLASSES, Intervals
from netable.model.model import Model
from netable.model.row_sketch import RowSketch
from netable.nn import Ensemble, seed_noise
from netable.table.encode import Encoded
from netable.table.kinds import infer_column
from netable.table.kinds.column import ColumnValues
from netable.table.kinds.constant import REASON
from netable.table.target import Target
from netable.table.weights import check_weights, class_weights, in_units
from netable.train import Batches, History, train
from netable.train.objective import to_device

_KINDS = {
    "number": "number",
    "boolean": "flag",
    "timestamp": "date",
    "text": "category",
    "category": "category",
}
PARTIAL_FIT = "partial_fit holds no rows out to measure errors on; use fit"


def untrained_model(
    table: pa.Table, settings: Settings, target: Target, weight: NDArray[np.floating] | None = None
) -> Model:
    """One network before its first step; its columns and statistics come from these rows and never change.

    Raises
    ------
    UserError
        If the table and the settings do not fit together.
    """
    # The first rows are too few for bins, and for choosing among stacks and kinds of columns.
    settings = replace(
        settings,
        kinds=_kinds(table, settings, target),
        model=DEFAULT_BODY if settings.model == "auto" else settings.model,
        optimizer="adamw" if settings.optimizer == "auto" else settings.optimizer,
        target_transform="none" if settings.target_transform == "auto" else settings.target_transform,
        folds=1,
        early_stopping=False,
        split="random",
    )
    prepared = prepare(table, settings, weight=weight, target=target)
    rows = MemberRows.of(prepared)
    recipe = prepared.recipe.of_stacks()[0]
    if body_spec(recipe.model).is_grown:
        raise ConfigError(
            f"model={recipe.model!r} grows from all rows at once, and partial_fit has a part; take model='mlp' or fit."
        )
    statistics = learn_member_statistics(prepared, [recipe], rows)
    net, objective = first_members(prepared, recipe, rows, statistics)
    return Model(
        recipe=prepared.recipe,
        target=target,
        schema=prepared.schema,
        encoder=prepared.encoder,
        net=Ensemble([net]),
        objective=objective,
        sketch=RowSketch.of(prepared.train_rows.encoded),
        intervals=_no_intervals(target),
        results={"task": target.task, "rows": 0, "valid": {}},
    )


def _kinds(table: pa.Table, settings: Settings, target: Target) -> dict[str, str]:
    """The kinds that were set, and those by storage for columns in which the first rows have one value."""
    kinds = dict(settings.kinds)
    for name in set(table.column_names) - {*target.names, *settings.ignore_columns, *kinds}:
        column = infer_column(ColumnValues(name, table.column(name)))
        if column.reason == REASON:
            kinds[name] = _KINDS[column.storage]
    return kinds


def _no_intervals(target: Target) -> Intervals:
    return Intervals(why_none=PARTIAL_FIT if target.task == "regression" else FOR_CLASSES)


def _with_small_steps(recipe: Recipe) -> Recipe:
    """The recipe with an optimizer whose steps become small with the gradients, as the rate here never falls."""
    spec = OPTIMIZER_SPECS[recipe.optimizer]
    if spec.beside is None:
        return recipe
    return replace(recipe, optimizer=spec.beside, lr=recipe.lr * spec.beside_factor)


class OnlineTraining:
    """Teaches a model in place, one pass over the given rows a call, with a constant learning rate.

    Parameters
    ----------
    model : Model
        All of its members learn from all rows.
    """

    def __init__(self, model: Model) -> None:
        self._device = find_device(model.recipe.device, model.net.dtype)
        model.net.to(self._device).requires_grad_(True)
        model.objective = replace(model.objective.to(self._device), mean_weight=None)
        self.model = model
        self._optimizer = optimizer_for(model.net, _with_small_steps(model.recipe))
        self._calls = 0
        # The mean weight of the first rows: later rows may weigh more or less, but the scale does not matter.
        self._weight_unit = 0.0

    def learn(self, table: pa.Table, weight: NDArray[np.floating] | None = None) -> None:
        """Take one pass over these rows; if it fails, the model stays as it was.

        Raises
        ------
        UserError
            If the rows do not fit the model, or the pass leaves it without finite weights.
        """
        model = self.model
        known = model.encoder
        wider = known.widened(
            known.encode(model.schema.select(table, known_extra=table.column_names)).extremes
        )
        if len(model.sketch.hashes) < TINY_ROWS:  # too few to call others far out
            model.encoder = wider
        try:
            self._learn(table, weight)
        except BaseException:
            model.encoder = known
            raise
        model.encoder = wider

    def _learn(self, table: pa.Table, weight: NDArray[np.floating] | None) -> None:
        model = self.model
        encoded = model.encode(table)
        batches = self._batches(encoded, table, weight)
        before = deepcopy((model.net.state_dict(), self._optimizer.state_dict()))
        seed_noise(model.net, self._seeds()[2], self._device)
        try:
            history = train(
                model.net,
                model.objective,
                self._optimizer,
                batches,
                max_epochs=1,
                clip_norm=model.recipe.clip_norm,
                probed=False,
            )
            if not all(bool(p.isfinite().all()) for p in model.net.parameters()):
                raise TrainingError(
                    "The last step left weights that are not finite. Try a lower lr, or clip_norm=1."
                )
        except BaseException:
            model.net.load_state_dict(before[0])
            self._optimizer.load_state_dict(before[1])
            raise
        finally:
            seed_noise(model.net, None)
            model.net.eval()
        self._record(history, encoded)

    def _seeds(self) -> tuple[int, int, int]:
        return seeds(replace(self.model.recipe, seed=self.model.recipe.seed + self._calls + 1))

    def _batches(self, encoded: Encoded, table: pa.Table, weight: NDArray[np.floating] | None) -> Batches:
        model = self.model
        y = model.target.encode(table)
        check_targets(model.recipe, model.target, y)
        check_later_targets(model.objective.scale, model.target, y)
        weights = np.ones(len(y)) if weight is None else check_weights(weight, len(y))
        self._weight_unit = self._weight_unit or float(weights.mean())
        weights = in_units(weights, self._weight_unit)
        if model.task != "regression":
            weights = weights * class_weights(model.target.labels, y, model.recipe.class_weight, weights)[y]
        numbers, codes = (torch.from_numpy(part).to(self._device) for part in encoded[:2])
        return Batches(
            (numbers, codes),
            to_device(torch.from_numpy(y), self._device),
            torch.from_numpy(weights).to(numbers.dtype).to(self._device),
            batch_size=model.recipe.batch_size,
            rows=[torch.arange(len(y))] * len(model.net),
            generator=torch.Generator().manual_seed(self._seeds()[1]),
        )

    def _record(self, history: History, encoded: Encoded) -> None:
        model = self.model
        self._calls += 1
        for epoch in history.epochs:
            model.history.epochs.append(epoch._replace(epoch=model.history.n_epochs + 1))
        model.sketch = model.sketch.union(RowSketch.of(encoded))
        # Earlier measurements do not hold for the new weights.
        model.results |= {"rows": model.results["rows"] + len(encoded.codes), "valid": {}, "baseline": {}}
        model.results |= {"linear": {}, "probes": [], "diagnosis": [], "no_time_for": []}
        if model.task == "regression":
            model.results["intervals"] = {}
        else:
            model.results["temperature"] = 1.0
        model.out_of_fold = None
        model.objective = replace(model.objective, temperature=1.0)
        model.intervals = _no_intervals(model.target)

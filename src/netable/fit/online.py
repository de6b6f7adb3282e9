"""A model that learns from rows as they come, a call at a time."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from netable.compute.device import find_device
from netable.config.bodies import DEFAULT_BODY
from netable.config.settings import Settings
from netable.errors import TrainingError
from netable.fit.members.member_data import MemberData, learn_member_statistics
from netable.fit.members.members import first_members, optimizer_for, seeds
from netable.fit.preparation.prepare import prepare
from netable.fit.preparation.target_transform import check_later_targets, check_targets
from netable.model.intervals import FOR_CLASSES, Intervals
from netable.model.model import Model
from netable.model.row_sketch import RowSketch
from netable.nn import Ensemble, seed_noise
from netable.nn.build import stack_configs
from netable.table.encode import Encoded
from netable.table.target import Target
from netable.table.weights import class_weights, row_weights
from netable.train import Batches, History, train
from netable.train.objective import to_device

PARTIAL_FIT = "partial_fit holds no rows out to show how far off predictions are; use fit"


def untrained_model(
    table: pa.Table, config: Settings, target: Target, weight: NDArray[np.floating] | None = None
) -> Model:
    """One network before its first step; its columns and statistics are those of these rows, for good.

    Raises
    ------
    UserError
        If the table and the configuration do not fit together.
    """
    # What the first rows say of bins, or of which stack is better, says little of later ones.
    if config.model == "auto":
        config = replace(config, model=DEFAULT_BODY)
    if config.target_transform == "auto":
        config = replace(config, target_transform="none")
    config = replace(config, folds=1, early_stopping=False)
    prepared = prepare(table, config, None, weight, None, target=target)
    data = MemberData.of(prepared)
    config = stack_configs(prepared.config)[0]
    statistics = learn_member_statistics(prepared, [config], data)
    net, objective = first_members(prepared, config, data, statistics)
    return Model(
        config=prepared.config,
        target=target,
        schema=prepared.schema,
        encoder=prepared.encoder,
        net=Ensemble([net]),
        objective=objective,
        sketch=RowSketch.of(prepared.own_rows.encoded),
        intervals=_no_intervals(target),
        results={"task": target.task, "rows": 0, "valid": {}},
    )


def _no_intervals(target: Target) -> Intervals:
    return Intervals(why_none=PARTIAL_FIT if target.task == "regression" else FOR_CLASSES)


class OnlineTraining:
    """Teaches a model in place, one pass over the given rows a call, with a constant learning rate.

    Parameters
    ----------
    model : Model
        All of its members learn from all rows.
    """

    def __init__(self, model: Model) -> None:
        self._device = find_device(model.config.device, model.net.dtype)
        model.net.to(self._device).requires_grad_(True)
        model.objective = replace(model.objective.to(self._device), mean_weight=None)
        self.model = model
        self._optimizer = optimizer_for(model.net, model.config)
        self._calls = 0

    def learn(self, table: pa.Table, weight: NDArray[np.floating] | None = None) -> None:
        """Take one pass over these rows; if it fails, the model stays as it was.

        Raises
        ------
        UserError
            If the rows do not fit the model, or the pass leaves it without finite weights.
        """
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
                clip_norm=model.config.clip_norm,
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
        return seeds(replace(self.model.config, seed=self.model.config.seed + self._calls + 1))

    def _batches(self, encoded: Encoded, table: pa.Table, weight: NDArray[np.floating] | None) -> Batches:
        model = self.model
        y = model.target.encode(table)
        check_targets(model.config, model.target, y)
        check_later_targets(model.objective.scale, model.target, y)
        weights = row_weights(table, given=weight)
        if model.task != "regression":
            weights = weights * class_weights(model.target.labels, y, model.config.class_weight, weights)[y]
        numbers, codes = (torch.from_numpy(part).to(self._device) for part in encoded[:2])
        return Batches(
            (numbers, codes),
            to_device(torch.from_numpy(y), self._device),
            torch.from_numpy(weights).to(numbers.dtype).to(self._device),
            batch_size=int(model.config.batch_size),
            rows=[torch.arange(len(y))] * len(model.net),
            generator=torch.Generator().manual_seed(self._seeds()[1]),
        )

    def _record(self, history: History, encoded: Encoded) -> None:
        model = self.model
        self._calls += 1
        for epoch in history.epochs:
            model.history.epochs.append(epoch._replace(epoch=model.history.n_epochs + 1))
        model.sketch = model.sketch.union(RowSketch.of(encoded))
        # What was measured before this call no longer speaks of these weights.
        model.results |= {"rows": model.results["rows"] + len(encoded.codes), "valid": {}, "baseline": {}}
        model.results |= {"linear": {}, "probes": [], "diagnosis": []}
        model.out_of_fold = None
        told: dict[str, Any] = {"intervals": {}} if model.task == "regression" else {"temperature": 1.0}
        model.results |= told
        model.objective = replace(model.objective, temperature=1.0)
        model.intervals = _no_intervals(model.target)

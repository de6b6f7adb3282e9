"""A model that learns from rows as they come, a call at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from netable.config import Config
from netable.members import MemberData, first_members, optimizer_for, seeds
from netable.model import Model
from netable.nn import seed_noise
from netable.overlap import RowSketch
from netable.prepare import prepare
from netable.table.target import Target
from netable.table.weights import check_weights, class_weights
from netable.train import Batches, train


def untrained_model(
    table: pa.Table, config: Config, target: Target, weight: NDArray[np.floating] | None = None
) -> Model:
    """One network before its first step; its columns and statistics are those of these rows, for good.

    Raises
    ------
    UserError
        If the table and the configuration do not fit together.
    """
    config = replace(config, folds=1, early_stopping=False)
    prepared = prepare(table, config, None, weight, None, target=target)
    net, objective = first_members(prepared, MemberData.of(prepared))
    return Model(
        config=prepared.config,
        target=target,
        schema=prepared.schema,
        encoder=prepared.encoder,
        net=net,
        objective=objective,
        sketch=RowSketch.of(prepared.own_rows.encoded),
        results={"task": target.task, "rows": 0, "valid": {}},
    )


class OnlineTraining:
    """Teaches a model in place, one pass over the given rows a call, with a constant learning rate.

    Parameters
    ----------
    model : Model
        All of its members learn from all rows.
    """

    def __init__(self, model: Model) -> None:
        model.net.requires_grad_(True)
        self.model = model
        self._optimizer = optimizer_for(model.net, model.config)
        self._calls = 0

    def learn(self, table: pa.Table, weight: NDArray[np.floating] | None = None) -> None:
        """Take one pass over these rows.

        Raises
        ------
        UserError
            If the rows do not fit the model.
        """
        model = self.model
        y = model.target.encode(table)
        weights = np.ones(len(y)) if weight is None else check_weights(weight, len(y))
        if model.task != "regression":
            weights = weights * class_weights(model.target.labels, y, model.config.class_weight, weights)[y]
        numbers, codes, *_ = model.encode(table)
        dtype = model.net.inputs.center.dtype
        members = len(model.net.inputs.center)
        self._calls += 1
        _, order, noise = seeds(replace(model.config, seed=model.config.seed + self._calls))
        batches = Batches(
            (torch.from_numpy(numbers), torch.from_numpy(codes)),
            torch.from_numpy(y),
            torch.from_numpy(weights).to(dtype),
            batch_size=int(model.config.batch_size),
            rows=[torch.arange(len(y))] * members,
            generator=torch.Generator().manual_seed(order),
        )
        objective = replace(model.objective, mean_weight=torch.tensor(weights.mean(), dtype=dtype))
        seed_noise(model.net, noise)
        history = train(
            model.net, objective, self._optimizer, batches, max_epochs=1, clip_norm=model.config.clip_norm
        )
        seed_noise(model.net, None)
        model.net.eval()
        for epoch in history.epochs:
            model.history.epochs.append(epoch._replace(epoch=len(model.history.epochs) + 1))
        model.results["rows"] += len(y)

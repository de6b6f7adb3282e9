"""The evidence of the data: from encoded rows to what the verdicts on data rest on."""

from __future__ import annotations

import numpy as np

from netable.doctor.data import DataEvidence
from netable.doctor.rows import Rows, Tail
from netable.fit.evidence.columns import column_facts, target_shifts
from netable.fit.evidence.duplicates import Duplicates, find_duplicates
from netable.fit.preparation.prepare import Prepared
from netable.nn.build import body_settings, stack_configs


def gather_data(prepared: Prepared) -> DataEvidence:
    """What the rows of a run tell by themselves.

    Parameters
    ----------
    prepared : Prepared
        With every setting resolved.
    """
    rng = np.random.default_rng(prepared.config.seed)
    found = find_duplicates(prepared, rng)
    return DataEvidence(
        task=prepared.target.task,
        rows=_rows(prepared, found),
        columns=column_facts(prepared, found.distinct, rng),
        targets=target_shifts(prepared) if len(prepared.rows) > prepared.n_rows else (),
        tails=_tails(prepared),
    )


def _rows(prepared: Prepared, found: Duplicates) -> Rows:
    config, target = prepared.config, prepared.target
    widths = [body_settings(own).get("hidden_layer_sizes", ()) for own in stack_configs(config)]
    counts = np.bincount(prepared.own_rows.y, minlength=len(target.labels)) if target.labels else np.array([])
    return Rows(
        learned=prepared.n_rows,
        columns=len(prepared.schema.used),
        widest=max((width for layers in widths for width in layers), default=0),
        labels=target.labels,
        counts=[int(count) for count in counts],
        balanced=config.class_weight is not None,
        judged=found.judged,
        twins=found.twins,
        pairs=found.pairs,
        pairs_by_chance=found.by_chance,
        agreement=found.agreement,
    )


def _tails(prepared: Prepared) -> list[Tail]:
    if prepared.target.task != "regression":
        return []
    logs = prepared.config.target_transform == "log"
    tails = []
    for name, y in zip(prepared.target.names, prepared.own_rows.y.T, strict=True):
        learned = np.log(y + (y.min() == 0)) if logs else y
        squares = np.sort(np.square(learned - learned.mean()))
        total = squares.sum()
        farthest = squares[-max(1, len(squares) // 100) :].sum()
        tails.append(
            Tail(
                name,
                len(y),
                float(farthest / total) if total else 0.0,
                squares=prepared.config.loss == "mse",
                may_log=not logs and bool(y.min() >= 0),
            )
        )
    return tails

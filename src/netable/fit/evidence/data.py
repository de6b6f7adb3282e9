"""Evidence for the verdicts on the data, from encoded rows."""

from __future__ import annotations

import numpy as np

from netable.doctor.columns import leaking
from netable.doctor.data import DataEvidence
from netable.doctor.rows import Rows, Tail
from netable.fit.evidence.columns import column_facts, target_shifts
from netable.fit.evidence.combined import find_combinations
from netable.fit.evidence.duplicates import Duplicates, find_duplicates
from netable.fit.evidence.neighbours import Sample
from netable.fit.preparation.prepare import Prepared
from netable.nn.build import body_settings


def gather_data(prepared: Prepared) -> DataEvidence:
    """The evidence in the rows, apart from any network."""
    rng = np.random.default_rng(prepared.recipe.seed)
    duplicates = find_duplicates(prepared, rng)
    sample = Sample.of(prepared, duplicates.distinct, rng)
    columns, task = column_facts(prepared, sample), prepared.target.task
    return DataEvidence(
        task=task,
        rows=_rows(prepared, duplicates),
        columns=columns,
        combinations=() if leaking(columns, task) else find_combinations(prepared, sample),
        targets=target_shifts(prepared) if prepared.has_valid_table else (),
        tails=_tails(prepared),
    )


def _rows(prepared: Prepared, duplicates: Duplicates) -> Rows:
    recipe, target = prepared.recipe, prepared.target
    layers = [body_settings(stack).get("hidden_layer_sizes", ()) for stack in recipe.of_stacks()]
    counts: list[int] = []
    if target.labels:
        counts = np.bincount(prepared.train_rows.y, minlength=len(target.labels)).tolist()
    return Rows(
        learned=prepared.n_rows,
        columns=len(prepared.schema.used),
        widest=max((width for widths in layers for width in widths), default=0),
        labels=target.labels,
        counts=counts,
        balanced=recipe.class_weight is not None,
        judged=duplicates.judged,
        twins=duplicates.twins,
        pairs=duplicates.pairs,
        pairs_by_chance=duplicates.by_chance,
        near=duplicates.near,
    )


def _tails(prepared: Prepared) -> list[Tail]:
    if prepared.target.task != "regression":
        return []
    logs = prepared.recipe.target_transform == "log"
    tails = []
    for name, y in zip(prepared.target.names, prepared.train_rows.y.T, strict=True):
        learned = np.log(y + (y.min() == 0)) if logs else y
        squares = np.sort(np.square(learned - learned.mean()))
        total = squares.sum()
        farthest = squares[-max(1, len(squares) // 100) :].sum()
        tails.append(
            Tail(
                name,
                len(y),
                float(farthest / total) if total else 0.0,
                squares=prepared.recipe.loss == "mse",
                may_log=not logs and bool(y.min() >= 0),
            )
        )
    return tails

"""Everything that the doctor has to say of a model that was just trained."""

from __future__ import annotations

import pyarrow as pa

from netable.build import stack_configs
from netable.doctor import SEVERITIES, Verdict
from netable.doctor.training import diagnose_training
from netable.ensemble import Trained
from netable.evidence.training import gather_training
from netable.prepare import Prepared
from netable.score import Score
from netable.train import History


def diagnose(
    prepared: Prepared, trained: Trained, found: Score, table: pa.Table, valid_table: pa.Table | None
) -> list[Verdict]:
    """All verdicts, the gravest first.

    Parameters
    ----------
    prepared : Prepared
        With the configuration of the stacks that make the model.
    found : Score
        What rows that were not learned from have told.
    table, valid_table : pyarrow.Table
        Canonical, as they were given.
    """
    verdicts = diagnose_training(gather_training(trained.history, stack_configs(prepared.config)))
    return _sorted(verdicts)


def diagnose_run(history: History) -> list[Verdict]:
    """The verdicts on a run of `netable.train.train`, whatever the network; the gravest first."""
    return _sorted(diagnose_training(gather_training(history)))


def _sorted(verdicts: list[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda verdict: SEVERITIES.index(verdict.severity))

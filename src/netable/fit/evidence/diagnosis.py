"""The doctor's verdicts on a model that was just trained."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from netable.doctor import SEVERITIES, Verdict
from netable.doctor.data import diagnose_data
from netable.doctor.outcome import diagnose_outcome
from netable.doctor.training import diagnose_training
from netable.fit.evidence.data import gather_data
from netable.fit.evidence.outcome import Outcome, gather_outcome
from netable.fit.evidence.training import gather_training
from netable.fit.members.score import Score
from netable.fit.members.stacks import Trained
from netable.train import History


class Diagnosis(NamedTuple):
    """The verdicts, and the reference that they are judged by.

    Attributes
    ----------
    verdicts : list of Verdict
        The most severe first.
    outcome : Outcome
        With the linear reference.
    """

    verdicts: list[Verdict]
    outcome: Outcome


# Spans of numbers at both ends of what 64 bits hold are infinite, which no verdict minds.
@np.errstate(over="ignore", invalid="ignore")
def diagnose(trained: Trained, scored: Score) -> Diagnosis:
    """Gather all evidence, and judge by it."""
    prepared = trained.prepared
    outcome = gather_outcome(prepared, scored)
    runs = gather_training(trained.history, prepared.recipe.of_stacks(), tiny=prepared.tiny)
    verdicts = [
        *diagnose_training(runs),
        *diagnose_data(gather_data(prepared)),
        *diagnose_outcome(outcome.evidence),
    ]
    return Diagnosis(_sorted(verdicts), outcome)


def diagnose_run(history: History) -> list[Verdict]:
    """The verdicts on a run of `netable.train.train` with any network; the most severe first."""
    return _sorted(diagnose_training(gather_training(history)))


def _sorted(verdicts: list[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda verdict: SEVERITIES.index(verdict.severity))

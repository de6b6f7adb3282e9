"""Everything that the doctor has to say of a model that was just trained."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from netable.doctor import SEVERITIES, Verdict
from netable.doctor.data import diagnose_data
from netable.doctor.outcome import diagnose_outcome
from netable.doctor.training import diagnose_training
from netable.fit.evidence.data import gather_data
from netable.fit.evidence.outcome import gather_outcome
from netable.fit.evidence.training import gather_training
from netable.fit.members.score import Score
from netable.fit.members.stacks import Trained
from netable.fit.preparation.prepare import Prepared
from netable.nn.build import stack_configs
from netable.train import History


class Diagnosis(NamedTuple):
    """What the doctor says.

    Attributes
    ----------
    verdicts : list of Verdict
        The gravest first.
    linear : dict
        How good a linear model is, beside the networks, on rows that neither learned from; see `gather_outcome`.
    """

    verdicts: list[Verdict]
    linear: dict[str, Any]


# Spans of numbers at both ends of what 64 bits hold are infinite, which no verdict minds.
@np.errstate(over="ignore", invalid="ignore")
def diagnose(prepared: Prepared, trained: Trained, found: Score) -> Diagnosis:
    """Gather all evidence, and judge by it.

    Parameters
    ----------
    prepared : Prepared
        With the configuration of the stacks that make the model.
    found : Score
        What rows that were not learned from have told.
    """
    outcome, linear = gather_outcome(prepared, found)
    verdicts = [
        *diagnose_training(
            gather_training(trained.history, stack_configs(prepared.config), tiny=prepared.tiny)
        ),
        *diagnose_data(gather_data(prepared)),
        *diagnose_outcome(outcome),
    ]
    return Diagnosis(_sorted(verdicts), linear)


def diagnose_run(history: History) -> list[Verdict]:
    """The verdicts on a run of `netable.train.train`, whatever the network; the gravest first."""
    return _sorted(diagnose_training(gather_training(history)))


def _sorted(verdicts: list[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda verdict: SEVERITIES.index(verdict.severity))

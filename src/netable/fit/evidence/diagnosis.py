"""The doctor's verdicts on a model that was just trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from netable.doctor import SEVERITIES, Verdict
from netable.doctor.data import DataEvidence, diagnose_data
from netable.doctor.outcome import diagnose_outcome
from netable.doctor.structure import Structure, diagnose_structure
from netable.doctor.training import diagnose_training
from netable.fit.evidence.data import gather_data
from netable.fit.evidence.helpful import helpful_columns
from netable.fit.evidence.outcome import gather_outcome
from netable.fit.evidence.training import gather_training
from netable.fit.members.score import Score
from netable.fit.members.stacks import Trained
from netable.fit.preparation.prepare import Prepared
from netable.model.model import Model
from netable.train import History


def diagnose(
    trained: Trained, of_rows: Sequence[Verdict] = (), structures: Sequence[Structure] = ()
) -> list[Verdict]:
    """All verdicts, the most severe first.

    Parameters
    ----------
    of_rows : sequence of Verdict
        As `diagnose_rows` gives them.
    structures : sequence of Structure
        As `find_structure` gives them.
    """
    prepared = trained.prepared
    runs = gather_training(trained.history, prepared.recipe.of_stacks(), tiny=prepared.tiny)
    return _sorted([*diagnose_structure(structures), *diagnose_training(runs), *of_rows])


# Infinite spans of numbers near the limits of 64 bits do not matter to any verdict.
@np.errstate(over="ignore", invalid="ignore")
def diagnose_rows(
    model: Model, prepared: Prepared, score: Score, linear: NDArray[np.float64] | None
) -> list[Verdict]:
    """The verdicts on rows and columns, and on the predictions of held-out rows.

    Parameters
    ----------
    model : Model
        The result of training, with the rows that it learned from.
    linear : (rows, d_out or classes), optional
        As `linear_out_of_fold` gives it; None if it was not measured.
    """
    return [
        *diagnose_data(_with_help(gather_data(prepared), model)),
        *diagnose_outcome(gather_outcome(prepared, score, linear)),
    ]


def _with_help(evidence: DataEvidence, model: Model) -> DataEvidence:
    """The evidence with the columns marked that look like names of rows but help to predict held-out rows."""
    helpful = helpful_columns(model, [column.name for column in evidence.columns if column.names_rows])
    columns = [replace(column, helps=column.name in helpful) for column in evidence.columns]
    return replace(evidence, columns=columns)


def diagnose_run(history: History) -> list[Verdict]:
    """The verdicts on a run of `netable.train.train` with any network; the most severe first."""
    return _sorted(diagnose_training(gather_training(history)))


def _sorted(verdicts: list[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda verdict: SEVERITIES.index(verdict.severity))

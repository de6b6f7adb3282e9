"""What a training run tells: losses, gradients, and units that do nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netable.doctor.verdict import Verdict


@dataclass(frozen=True)
class Run:
    """One stack's run of the loop."""


def diagnose_training(runs: Sequence[Run]) -> list[Verdict]:
    """The verdicts on the stacks of a model."""
    return []

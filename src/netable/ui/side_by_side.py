"""Runs side by side: their metrics, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netable.system.wording import listed
from netable.ui.runs import Run

_FACTS = ("rows", "columns", "members", "epochs", "fit_seconds", "ending")


@dataclass(frozen=True)
class SideBySide:
    """A table with a column for each run.

    Attributes
    ----------
    runs : sequence of Run
    metrics, facts : sequence of (name, values)
        Out-of-fold metrics with those of a constant in brackets, and others; a value for each run, None if it has none.
    targets : sequence of str
    are_alike : bool
        All runs predict the same target from equally many rows, so that metrics can be compared.
    """

    runs: Sequence[Run]
    targets: Sequence[str]
    metrics: Sequence[tuple[str, list[Any]]]
    facts: Sequence[tuple[str, list[Any]]]
    are_alike: bool


def side_by_side(runs: Sequence[Run]) -> SideBySide:
    """Runs that have results, side by side."""
    names = dict.fromkeys(name for run in runs for name in run.results.get("valid") or {})
    metrics = [(name, [(run.results.get("valid") or {}).get(name) for run in runs]) for name in names]
    facts = [(name, [run.results.get(name) for run in runs]) for name in _FACTS]
    targets = [_target(run) for run in runs]
    known = {(target, run.results.get("rows")) for target, run in zip(targets, runs, strict=True)}
    return SideBySide(runs, targets, metrics, facts, len(known) < 2)


def _target(run: Run) -> str:
    target = run.results.get("target", "")
    return target if isinstance(target, str) else listed([str(name) for name in target])

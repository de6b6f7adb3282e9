"""Ranks, wins, relative errors and times of the quality benchmark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np
from scipy.stats import rankdata

from benchmarks.measurements import Row, describe_circumstances, describe_versions, markdown_table
from benchmarks.quality.peers import METHODS

REFERENCE = "netable-standard"
BASELINE = "catboost"
# On some tables everyone is almost always right, and the ratio of two errors below this means nothing.
LEAST_ERROR = 1e-4


@dataclass(frozen=True)
class Cell:
    """A method on a table, as the mean of its splits; error and seconds are None if a split failed."""

    error: float | None
    seconds: float | None
    failure: str | None


@dataclass(frozen=True)
class Standing:
    """A method on all common tables.

    Attributes
    ----------
    wins, duels : int
        Tables with a lower error than the reference, and tables with both.
    seconds : float
        Of all fits.
    relative_seconds : float or None
        The median over the tables of seconds / seconds of the baseline, which no slow table can decide.
    relative_error : float or None
        The geometric mean of error / error of the baseline.
    """

    method: str
    median_rank: float
    mean_rank: float
    wins: int
    duels: int
    seconds: float
    relative_seconds: float | None
    relative_error: float | None
    failed: int


class Comparison:
    """Methods side by side on the tables that all of them were tried on.

    Parameters
    ----------
    rows : sequence of dict
        As `quality.py` adds them; of two for the same job the later counts.
    methods : sequence of str
    reference : str
        The method that others win or lose against.
    baseline : str
        The method whose error others are divided by.
    """

    def __init__(self, rows: Sequence[Row], methods: Sequence[str], *, reference: str, baseline: str) -> None:
        latest = {
            (row["table"], row["split"], row["method"]): row for row in rows if row["method"] in methods
        }
        self.rows = list(latest.values())
        self.methods = list(methods)
        self.reference = reference
        self.baseline = baseline
        self.tasks = {row["table"]: row["task"] for row in self.rows}
        self.cells: dict[tuple[str, str], Cell] = {}
        for table in self.tasks:
            for method in self.methods:
                found = [r for r in self.rows if (r["table"], r["method"]) == (table, method)]
                if found:
                    self.cells[table, method] = cell_of(found)
        self.tables = [t for t in self.tasks if all((t, method) in self.cells for method in self.methods)]

    def error(self, table: str, method: str) -> float | None:
        """The error of a method on a table, if it has one."""
        cell = self.cells.get((table, method))
        return cell.error if cell else None

    def standings(self) -> list[Standing]:
        """All methods, the lowest mean rank first."""
        ranks = self.ranks()
        found = [self._standing(method, ranks[:, i]) for i, method in enumerate(self.methods)]
        return sorted(found, key=lambda standing: standing.mean_rank)

    def ranks(self) -> np.ndarray:
        """Ranks of errors, (tables, methods); equals share theirs, and what failed comes last."""
        errors = [[self.error(table, method) for method in self.methods] for table in self.tables]
        known = np.array(errors, dtype=float).reshape(len(self.tables), len(self.methods))
        return np.asarray(rankdata(np.where(np.isnan(known), np.inf, known), axis=1))

    def lost_to(self, table: str) -> list[str]:
        """The other packages' methods with a lower error than the reference, the lowest first."""
        own = self.error(table, self.reference)
        better = {}
        for method in self.methods:
            error = self.error(table, method)
            if METHODS[method].group != METHODS[self.reference].group and error is not None:
                better[method] = error
        return [m for m in sorted(better, key=lambda m: better[m]) if own is None or better[m] < own]

    def _standing(self, method: str, ranks: np.ndarray) -> Standing:
        cells = [self.cells[table, method] for table in self.tables]
        duels = self._pairs(method, self.reference)
        ratios = [
            math.log(max(own, LEAST_ERROR) / max(other, LEAST_ERROR))
            for own, other in self._pairs(method, self.baseline)
        ]
        return Standing(
            method,
            median_rank=median(ranks.tolist()) if len(ranks) else math.nan,
            mean_rank=fmean(ranks.tolist()) if len(ranks) else math.nan,
            wins=sum(own < other for own, other in duels),
            duels=len(duels),
            seconds=sum(cell.seconds for cell in cells if cell.seconds is not None),
            relative_seconds=self._relative_seconds(method),
            relative_error=math.exp(fmean(ratios)) if ratios else None,
            failed=sum(cell.error is None for cell in cells),
        )

    def _relative_seconds(self, method: str) -> float | None:
        ratios = []
        for table in self.tables:
            own, other = (self.cells.get((table, name)) for name in (method, self.baseline))
            if own and other and own.seconds and other.seconds:
                ratios.append(own.seconds / other.seconds)
        return median(ratios) if ratios else None

    def _pairs(self, method: str, other: str) -> list[tuple[float, float]]:
        pairs = [(self.error(table, method), self.error(table, other)) for table in self.tables]
        return [(a, b) for a, b in pairs if a is not None and b is not None]


def cell_of(rows: Sequence[Row]) -> Cell:
    """The splits of one method on one table in one figure."""
    failures = [row["failure"] for row in rows if row["failure"]]
    if failures:
        return Cell(None, None, failures[0])
    seconds = [row["fit_seconds"] for row in rows if not row.get("is_busy")]
    return Cell(fmean(row["error"] for row in rows), fmean(seconds) if seconds else None, None)


def markdown(comparison: Comparison, *, picture: str | None) -> str:
    """The whole summary, as a page."""
    rows = comparison.rows
    splits = len({row["split"] for row in rows})
    cut = max(row["cut"] for row in rows)
    alt = f"Error relative to {comparison.baseline} against total fit time"
    parts = [
        "# Quality and time beside peers",
        "`benchmarks/quality/run.py` writes this page and says what is measured. Error: regression RMSE / deviation "
        "of the test target; binary 1 - ROC AUC; multiclass log loss. "
        f"Splits (80/20): {splits}; rows of a table at most: {cut}.",
        *describe_circumstances(rows),
        f"Versions: {describe_versions(rows)}.",
        standings_table(comparison),
        f"Over the {len(comparison.tables)} tables that all of these methods were tried on. What failed ranks "
        "last, and its time is not counted. Relative error: the geometric mean of error / error of "
        f"{comparison.baseline}, errors below {LEAST_ERROR:g} taken as {LEAST_ERROR:g}. Of times only the fit "
        f"counts, the mean of the splits{_quiet_ones(rows)}.",
        *([f"![{alt}]({picture})"] if picture else []),
        error_table(comparison),
        f"Fit seconds in brackets; the lowest error is bold. * {comparison.reference} loses to the methods named last.",
        *failure_lines(comparison),
    ]
    return "\n\n".join(parts) + "\n"


def _quiet_ones(rows: Sequence[Row]) -> str:
    """Which splits have times that count, if not all have."""
    quiet, busy = (
        {row["split"] for row in rows if bool(row.get("is_busy")) is is_busy} for is_busy in (False, True)
    )
    return f" without other work beside them ({', '.join(map(str, sorted(quiet - busy)))})" if busy else ""


def standings_table(comparison: Comparison) -> str:
    """One line a method."""
    head = ["method", "median rank", "mean rank", f"wins against {comparison.reference}", "total fit seconds"]
    head += [
        f"median seconds / {comparison.baseline}'s",
        f"error relative to {comparison.baseline}",
        "failed",
    ]
    lines = []
    for standing in comparison.standings():
        own = standing.method == comparison.reference
        relative = "–" if standing.relative_error is None else f"{standing.relative_error:.3f}"
        lines.append(
            [
                standing.method,
                f"{standing.median_rank:.1f}",
                f"{standing.mean_rank:.2f}",
                "–" if own else f"{standing.wins} of {standing.duels}",
                f"{standing.seconds:.1f}" if standing.failed < len(comparison.tables) else "–",
                "–" if standing.relative_seconds is None else f"{standing.relative_seconds:.2f}",
                relative,
                str(standing.failed),
            ]
        )
    return markdown_table(head, lines)


def error_table(comparison: Comparison) -> str:
    """One line a table, one column a method."""
    lines = []
    for table, task in comparison.tasks.items():
        errors = [comparison.error(table, method) for method in comparison.methods]
        lowest = min((error for error in errors if error is not None), default=None)
        cells = [_cell_text(comparison.cells.get((table, m)), lowest) for m in comparison.methods]
        tried = (table, comparison.reference) in comparison.cells
        lost = comparison.lost_to(table) if tried else []
        lines.append(["*" * bool(lost), table, task, *cells, ", ".join(lost)])
    head = ["", "table", "task", *comparison.methods, "lost to"]
    return markdown_table(head, lines, words=3)


def failure_lines(comparison: Comparison) -> list[str]:
    """The failures and their reasons."""
    failed = [
        f"- {table}, {method}: {cell.failure}"
        for (table, method), cell in comparison.cells.items()
        if cell.failure
    ]
    return ["## Failed", "\n".join(failed)] if failed else []


def _cell_text(cell: Cell | None, lowest: float | None) -> str:
    if cell is None:
        return ""
    if cell.error is None or cell.seconds is None:
        return "failed"
    figure = f"{cell.error:.4f}"
    return f"{f'**{figure}**' if cell.error == lowest else figure} ({cell.seconds:.1f})"

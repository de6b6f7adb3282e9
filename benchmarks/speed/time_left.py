"""The remaining time that `netable train` shows beside the time that the run takes.

For each table: the predicted duration of the whole run over the actual one, after a tenth, a quarter and half of it.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from benchmarks.tables import CUT_SEED, Table, choose, load_index
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.fit.members.watcher import RunningStack, Watcher
from netable.fit.time_left import TimeLeft
from netable.table.reading.read import read

if TYPE_CHECKING:
    import pyarrow as pa

    from netable.train import Epoch, Phase

SHARES = (0.1, 0.25, 0.5)
# The seconds since the start, and the seconds left as shown then.
Shown = tuple[float, float | None]


class Recorder(Watcher):
    """Notes what the bar would show after each epoch."""

    def __init__(self) -> None:
        self._left = TimeLeft()
        self._began = monotonic()
        self.shown: list[Shown] = []

    def on_phase(self, phase: Phase) -> None:
        """Begin a phase."""
        self._left.begin(phase)

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        """Note the remaining time."""
        self._left.epoch(epoch, stack.recipe.schedule)
        self._note()

    def on_stack_end(self, stack: int) -> None:
        """Note the remaining time."""
        self._left.end(stack)
        self._note()

    def _note(self) -> None:
        self.shown.append((monotonic() - self._began, self._left.seconds()))


def ratios(shown: Sequence[Shown], shares: Sequence[float] = SHARES) -> list[float | None]:
    """The predicted over the actual duration after each share of the run; None where nothing was shown."""
    duration = shown[-1][0]
    moments = [next(moment for moment in shown if moment[0] >= share * duration) for share in shares]
    return [None if left is None else (at + left) / duration for at, left in moments]


def measure(folder: Path, table: Table, rows: int, effort: str) -> list[float | None]:
    """Fit a part of a table, and compare."""
    import numpy as np

    data: pa.Table = read(str(folder / table.file))
    data = data.filter(data.column(table.target).is_valid())
    if data.num_rows > rows:
        picked = np.random.default_rng(CUT_SEED).choice(data.num_rows, rows, replace=False)
        data = data.take(np.sort(picked))
    recorder = Recorder()
    fit(data, Settings(target=table.target, effort=effort), watchers=[recorder])
    return ratios(recorder.shown)


def main() -> None:
    """Print a line for each table, and how many lie within a factor of 1.5 and of 2."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder of tables with an index.json")
    parser.add_argument("--tables", nargs="*", help="names; all by default")
    parser.add_argument("--rows", type=int, default=2000, help="rows of a table at most")
    parser.add_argument("--effort", default="standard")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| table |", " | ".join(f"{share:.0%}" for share in SHARES), "|\n|---|---:|---:|---:|")
    measured = []
    for table in choose(load_index(arguments.data), arguments.tables):
        measured.append(measure(arguments.data, table, arguments.rows, arguments.effort))
        cells = ("–" if ratio is None else f"{ratio:.2f}" for ratio in measured[-1])
        print(f"| {table.name} | {' | '.join(cells)} |", flush=True)
    for factor in (1.5, 2.0):
        known = [[ratio for ratio in column if ratio is not None] for column in zip(*measured, strict=True)]
        within = (f"{sum(1 / factor <= r <= factor for r in column)} of {len(column)}" for column in known)
        print(f"| within a factor of {factor:g} | {' | '.join(within)} |")


if __name__ == "__main__":
    main()

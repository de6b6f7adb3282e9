"""Rows that the same stack learns from in a second of the processor, from memory and from stored rows.

    python -m benchmarks.scale.rate --rows 400000 --steps 100

Steps are taken in turn, one from memory and one from the files, so that whatever else the machine does slows both.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from contextlib import closing
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.measurements import append_row, circumstances, make_parser
from benchmarks.scale import rows
from netable.compute.threads import torch_threads
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.fit.members.first_members import begin, seeds
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.members.stack import batches_of, optimizer_for
from netable.fit.preparation.prepare import Prepared, prepare
from netable.fit.stored.all_rows import read_sample
from netable.fit.stored.cache import RowCache
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream
from netable.train.step import train_step

RESULTS = Path(__file__).parent / "results" / "rate.jsonl"


def main(arguments: list[str] | None = None) -> None:
    """Measure, and append a line to the results."""
    options = read_arguments(arguments)
    settings = Settings(target=rows.TARGET, folds=options.folds, embedding=options.embedding)
    with tempfile.TemporaryDirectory() as folder, torch_threads(1):
        path = Path(folder) / "rows.parquet"
        rows.write(path, options.rows)
        inside = Training(prepare(read(path), settings))
        stream = TableStream([str(path)], ReadOptions.of(settings))
        sample, rest = read_sample(stream, settings, 1e9, RowCache(Path(folder) / "stored"))
        assert rest  # more rows than a sample has
        stored = prepare(sample, settings, all_rows=rest)
        assert stored.stored
        with closing(stored.stored):
            outside = Training(stored)
            for _ in range(options.steps):
                for training in (inside, outside):
                    training.step()
    found = {
        "rows": options.rows,
        "members": options.folds,
        "embedding": options.embedding,
        "rows_a_second": {"in memory": inside.rate(), "stored": outside.rate()},
        "share": round(outside.rate() / inside.rate(), 3),
    }
    print(json.dumps(found))
    append_row(options.out, circumstances(("netable", "torch", "numpy"), threads=1) | found)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--folds", type=int, default=2, help="members of the stack")
    parser.add_argument("--embedding", default="bins")
    return parser.parse_args(arguments)


class Training:
    """A stack that is trained step by step, with the seconds and the rows that this took."""

    def __init__(self, prepared: Prepared) -> None:
        recipe = prepared.recipe.of_stacks()[0]
        self._precision = recipe.precision
        rows = MemberRows.of(prepared)
        statistics = learn_member_statistics(prepared, [recipe], rows)
        self._net, self._objective, rows, *_ = begin(prepared, recipe, rows, statistics, None)
        self._optimizer = optimizer_for(self._net, recipe)
        members = range(len(prepared.plan))
        self._batches: Any = batches_of(rows, prepared, recipe, seeds(recipe)[1], self._net, members)
        self._epoch: Any = iter(self._batches)
        self.rows, self.seconds = 0, 0.0

    def step(self) -> None:
        """Read a batch, and take a step; the order of rows is drawn outside the time."""
        began = process_time()
        batch: Any = next(self._epoch, None)
        if batch is None:
            self._epoch = iter(self._batches)
            began, batch = process_time(), next(self._epoch)
        train_step(self._net, self._objective, self._optimizer, batch, precision=self._precision)
        self.seconds += process_time() - began
        self.rows += batch[1].shape[:2].numel()

    def rate(self) -> int:
        """Rows a second, those of every member."""
        return round(self.rows / self.seconds)


if __name__ == "__main__":
    main()

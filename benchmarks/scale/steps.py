"""Error against steps and members: how much training a table of many rows needs.

    python -m benchmarks.scale.steps --rows 1000000 --members 2

One stack is trained for 31 epochs of so many rows, by the schedule `coslog5`, whose rate falls to zero after 1, 3, 7,
15 and 31 of them (or twice as many of 62): what is lost there is about what a run of so many steps would lose. The
networks of the end are also judged in smaller numbers, on rows that no table has. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from time import process_time
from typing import Any
from unittest import mock

import numpy as np
import torch

from benchmarks.measurements import Row, append_row, circumstances, make_parser
from benchmarks.memory.million import Phases
from benchmarks.scale import rows
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.fit import fit as fitting
from netable.fit import training
from netable.fit.members import batches
from netable.fit.stored.all_rows import read_sample
from netable.fit.stored.cache import RowCache
from netable.model.model import Model
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream

RESULTS = Path(__file__).parent / "results" / "steps.jsonl"
WAVE_ENDS = (1, 3, 7, 15, 31)


def main(arguments: list[str] | None = None) -> None:
    """Measure, and append a line to the results."""
    options = read_arguments(arguments)
    row = circumstances(("netable", "torch", "numpy"), threads=torch.get_num_threads()) | measure(options)
    print(json.dumps(row))
    append_row(options.out, row)


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--members", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=WAVE_ENDS[-1])
    parser.add_argument("--epoch-rows", type=int, default=1 << 18)
    parser.add_argument(
        "--memory", type=float, default=1e9, help="bytes; a table that fits is trained on in memory"
    )
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> Row:
    """Train, and judge."""
    asked: dict[str, Any] = {"embedding": "bins", "schedule": "coslog5", "patience": 10**6}
    settings = Settings(target=rows.TARGET, folds=options.members, max_epochs=options.epochs, **asked)
    phases = Phases(process_time)
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(batches, "EPOCH_ROWS", options.epoch_rows),
    ):
        path = Path(folder) / "rows.parquet"
        rows.write(path, options.rows)
        stream = TableStream([str(path)], ReadOptions.of(settings))
        table, rest = read_sample(stream, settings, options.memory, RowCache(Path(folder) / "stored"))
        with phases.watch(training, "train_members", "train"):
            model = fitting.fit(table, settings, all_rows=rest)
    losses = [epoch.valid_loss for epoch in model.history.epochs]
    ends = [options.epochs * end // WAVE_ENDS[-1] for end in WAVE_ENDS]
    return {
        "rows": options.rows,
        "stored": rest is not None,
        "members": options.members,
        "batch_size": model.recipe.batch_size,
        "epochs": options.epochs,
        "epoch_rows": min(options.epoch_rows, options.rows) if rest else options.rows,
        "seconds": phases.seconds["train"],
        "losses": {end: losses[end - 1] for end in ends},
        "rmse": errors(model),
    }


def errors(model: Model) -> dict[int, list[float]]:
    """The error on rows that no table has, of so many members together."""
    held = read(rows.held_out())
    y, encoded = held.column(rows.TARGET).to_numpy(), model.encode(held)
    numbers, codes = torch.from_numpy(encoded.numbers), torch.from_numpy(encoded.codes)
    with torch.no_grad():
        parts = zip(torch.split(numbers, 1 << 14), torch.split(codes, 1 << 14), strict=True)
        each = [model.objective.predict(model.net(*part))[..., 0].double().numpy() for part in parts]
    predicted = np.concatenate(each, 1)
    return {
        size: [
            float(np.sqrt(np.mean((predicted[i : i + size].mean(0) - y) ** 2)))
            for i in range(0, len(predicted), size)
        ]
        for size in (1, 2, 4, 8)
        if size <= len(predicted)
    }


if __name__ == "__main__":
    main()

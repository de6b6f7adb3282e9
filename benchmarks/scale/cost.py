"""A model of what training costs on several workers, from constants that are measured on this machine.

    python -m benchmarks.scale.cost --rows 15000 --folds 4

The model is measured with one member of a stack and with all of them. It predicts runs of two workers, which are then
measured as `python -m benchmarks.scale.workers` does. What 16, 100 and 1,000 workers would do on a terabyte is
computed from the same constants, and from those of a data centre (`FAR`), which are assumed.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from benchmarks.measurements import append_row, circumstances, make_parser
from benchmarks.scale import workers as measuring
from benchmarks.scale.constants import Constants, StackCost, measure
from netable.config.settings import Settings

RESULTS = Path(__file__).parent / "results" / "cost.jsonl"
TERABYTE = 1e12
# Rows of a batch that netable takes of a table of more than 100,000.
BATCH = 2048


class Machines(NamedTuple):
    """The machines of a cluster: what is assumed, not measured.

    Attributes
    ----------
    cores : int
        Of a worker, which computes and reads so many times as fast as the one that was measured.
    network, latency : float
        Bytes a second of each worker, and seconds of a message.
    storage : float
        Bytes a second that the storage of the table gives to all workers together.
    disk : float
        Bytes a second of a worker's own disk, from which it reads encoded rows.
    """

    cores: int
    network: float
    latency: float
    storage: float
    disk: float


FAR = Machines(cores=8, network=1.25e9, latency=5e-5, storage=2e10, disk=1e9)


class Table(NamedTuple):
    """A table in Parquet files.

    Attributes
    ----------
    size : float
        Bytes.
    rows, columns : float
    """

    size: float
    rows: float
    columns: float


def epoch_seconds(stacks: Sequence[StackCost], members: int, workers: int, latency: float) -> float:
    """The processor's seconds of an epoch, of the worker with most to do.

    Stacks stay whole as long as there are enough of them, else each is cut into equally many pieces, as
    `netable.fit.members.deal` does; the pieces of a stack share three numbers after each epoch.
    """
    cuts = min(members, -(-workers // len(stacks)))
    sizes = [len(range(first, members, cuts)) for first in range(cuts)]
    pieces = [stack.steps * stack.per_step + size * stack.per_member for stack in stacks for size in sizes]
    loads = [0.0] * workers
    for piece in sorted(pieces, reverse=True):
        loads[loads.index(min(loads))] += piece
    return max(loads) + (3 * latency if cuts > 1 else 0.0)


def seconds_of_a_job(
    constants: Constants, table: Table, machines: Machines, workers: int, members: int
) -> dict[str, float]:
    """Seconds by the clock of each part of a run of one epoch, computed.

    Members first: each worker trains some on all rows. More workers than members divide the rows of each batch, and
    add up their gradients, two transfers of all weights a step, in a ring.
    """
    stack = constants.stacks[0]
    on_members = min(workers, members)
    shards = workers / on_members
    per_worker = math.ceil(members / on_members)
    read = table.size / min(workers * machines.cores * constants.read, machines.storage)
    encoded = 4 * table.rows * table.columns
    prepare = table.rows * table.columns / (workers * machines.cores * constants.prepare)
    steps = table.rows / stack.batch_size
    products = per_worker * stack.batch_size * stack.flops / shards
    products /= stack.flops_per_second * machines.cores
    gradients = 0.0
    if shards > 1:
        sent = 2 * 4 * stack.weights * per_worker * (shards - 1) / shards
        gradients = sent / machines.network + 2 * math.log2(shards) * machines.latency
    return {
        "read": read,
        "encode": prepare,
        "products": steps * products,
        "overhead of steps": steps * stack.per_step,
        "gradients": steps * gradients,
        "rows from disk": encoded / shards / machines.disk,
    }


def total(parts: dict[str, float]) -> float:
    """Rows are read while steps are computed; all else follows one after the other."""
    training = parts["products"] + parts["overhead of steps"] + parts["gradients"]
    return parts["read"] + parts["encode"] + max(training, parts["rows from disk"])


def main(arguments: list[str] | None = None) -> None:
    """Measure the constants, predict runs of two workers, and measure those."""
    options = read_arguments(arguments)
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "table.parquet"
        pq.write_table(measuring.make_table(options.rows, options.columns), table)
        for more in options.stacks:
            settings = Settings(target="y", folds=options.folds, early_stopping=False, **json.loads(more))
            constants = measure(table, settings)
            row = predict_and_measure(constants, json.loads(more), options)
            append_row(options.out, row | circumstances(["netable", "torch"], threads=1))
            print(json.dumps(row, indent=1))
    print_terabyte(constants)


def predict_and_measure(
    constants: Constants, more: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:
    """The seconds of an epoch by number of workers, and the speed-up, as predicted and as measured."""
    stacks = [stack for stack in constants.stacks if stack.per_member > 0]
    predicted = {n: epoch_seconds(stacks, options.folds, n, constants.latency) for n in (1, 2)}
    words = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in more.items())
    given = f"--rows {options.rows} --columns {options.columns} --folds {options.folds}".split()
    given += ["--epochs", *map(str, options.epochs), "--repetitions", str(options.repetitions)]
    asked = measuring.read_arguments([*given, f"--more={words}"])
    found = measuring.speeds(measuring.measure_all(asked), asked)["processor"]
    measured = found["seconds_of_an_epoch"]
    return {
        "rows": options.rows,
        "columns": options.columns,
        "folds": options.folds,
        "settings": more,
        "constants": constants.to_dict(),
        "predicted": {n: round(seconds, 4) for n, seconds in predicted.items()},
        "measured": measured,
        "times_as_fast": {
            "predicted": round(predicted[1] / predicted[2], 2),
            "measured": found["times_as_fast"][2],
        },
        "error_of_two": round(predicted[2] / measured[2] - 1, 3),
    }


def print_terabyte(constants: Constants, members: int = 16) -> None:
    """The parts of a run on a terabyte, computed, by number of workers."""
    table = Table(TERABYTE, rows=1e10, columns=20)
    larger = replace(constants.stacks[0], batch_size=BATCH)
    larger = replace(larger, per_member=larger.per_member * BATCH / constants.stacks[0].batch_size)
    constants = replace(constants, stacks=(larger,))
    for workers in (1, 16, 100, 1000):
        parts = seconds_of_a_job(constants, table, FAR, workers, members)
        hours = {name: round(seconds / 3600, 2) for name, seconds in parts.items()}
        print(json.dumps({"workers": workers, "hours": round(total(parts) / 3600, 2)} | hours))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS)
    parser.add_argument("--rows", type=int, default=15_000)
    parser.add_argument("--columns", type=int, default=12)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--epochs", type=int, nargs=2, default=[4, 16], metavar=("FEW", "MANY"))
    parser.add_argument("--repetitions", type=int, default=1)
    parser.add_argument(
        "--stacks", nargs="+", default=["{}", '{"model": "mlp"}'], help="settings of runs, as JSON"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()

"""The cost of checkpoints: the same fit with and without them, in turn, in wall and processor seconds.

    python -m benchmarks.kill.checkpoint_cost houses.parquet price --turns 9

The result is the median of the pairs' ratios; on a busy machine read the processor's seconds.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import pyarrow as pa
import torch

from benchmarks.measurements import append_row, circumstances, make_parser
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.fit.resume.checkpoint_folder import remove_checkpoints
from netable.table.reading.read import read
from netable.train.checkpoint import Checkpoint, Run

RESULTS = Path(__file__).parent / "results"
Seconds = tuple[float, float]


class Writes:
    """Counts what is written, and how long that takes."""

    def __init__(self) -> None:
        self.count, self.seconds, self.bytes = 0, 0.0, 0
        write = Checkpoint.write

        def counted(checkpoint: Checkpoint, run: Run) -> None:
            write(checkpoint, run)
            self.count += 1
            self.seconds += checkpoint.write_seconds
            self.bytes = max(self.bytes, checkpoint.path.stat().st_size)

        setattr(Checkpoint, "write", counted)  # noqa: B010


def main(arguments: list[str] | None = None) -> None:
    """Fit by turns, and compare."""
    parser = make_parser(__doc__, out=RESULTS / "checkpoint_cost.jsonl")
    parser.add_argument("table", help="what `netable train` reads")
    parser.add_argument("target")
    parser.add_argument("--effort", default="standard")
    parser.add_argument("--turns", type=int, default=9)
    options = parser.parse_args(arguments)
    table, config = read(options.table), Settings(target=options.target, effort=options.effort)
    writes = Writes()
    timed(table, config, keep=False)  # to warm up
    pairs = [
        (timed(table, config, keep=False), timed(table, config, keep=True)) for _ in range(options.turns)
    ]
    wall, processor = (
        100 * (statistics.median(kept[i] / plain[i] for plain, kept in pairs) - 1) for i in (0, 1)
    )
    seconds = statistics.median(plain[0] for plain, _ in pairs)
    row = {
        "table": Path(options.table).stem,
        "effort": options.effort,
        "rows": table.num_rows,
        "turns": options.turns,
        "fit_seconds": round(seconds, 2),
        "wall_percent": round(wall, 2),
        "processor_percent": round(processor, 2),
        "writes_a_fit": round(writes.count / options.turns, 1),
        "seconds_a_write": round(writes.seconds / writes.count, 4) if writes.count else None,
        "bytes": writes.bytes,
    }
    print(", ".join(f"{name}: {value}" for name, value in row.items()))
    append_row(options.out, row | circumstances(["netable", "torch"], threads=torch.get_num_threads()))


def timed(table: pa.Table, config: Settings, *, keep: bool) -> Seconds:
    """Seconds of a fit, by the wall and by the processor."""
    with tempfile.TemporaryDirectory(dir=".") as name:  # a disk, where /tmp may be memory
        folder = Path(name) / "kept" if keep else None
        wall, processor = perf_counter(), process_time()
        fit(table, config, checkpoint=folder)
        if folder:
            remove_checkpoints(folder)
        return perf_counter() - wall, process_time() - processor


if __name__ == "__main__":
    main()

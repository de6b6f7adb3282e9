"""Peak memory and seconds of keeping the result of a query beyond memory, and of drawing a sample from it.

    python -m benchmarks.scale.kept --rows 4000000 --memory 1GB --from postgresql://ann@db/shop

The query makes its rows: ten random numbers, a category of a thousand levels and the target. Each size runs in a
process of its own, which prints a line.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.measurements import child_environment
from netable.cli.memory import memory_limit
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.errors import silence
from netable.fit.stored.all_rows import are_within, fits, read_sample
from netable.fit.stored.cache import RowCache
from netable.table.reading.places.queries import Query
from netable.table.reading.stream import TableStream

NUMBERS = ", ".join(f"random() as x{i}" for i in range(10))
SELECT = "select {}, 'level ' || (i % 1000) as c, i % 97 + random() as y from generate_series(1, {}) t(i)"


def main(arguments: list[str] | None = None) -> None:
    """Measure every size."""
    options = read_arguments(arguments)
    if len(options.rows) == 1:
        print(measured(options.rows[0], options.memory, options.database))
        return
    for rows in options.rows:
        again = ["--rows", str(rows), "--memory", options.memory]
        again += ["--from", options.database] if options.database else []
        subprocess.run(
            [sys.executable, "-m", "benchmarks.scale.kept", *again], env=child_environment(), check=True
        )


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000])
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--from", dest="database", help="where the query runs; DuckDB by default")
    return parser.parse_args(arguments)


def measured(rows: int, memory: str, database: str | None = None) -> str:
    """One line about one size."""
    limit, query = memory_limit(memory), Query(SELECT.format(NUMBERS, rows), database)
    settings, began, used = Settings(target="y"), perf_counter(), process_time()
    with tempfile.TemporaryDirectory() as folder, silence():
        stream = TableStream([query], ReadOptions.of(settings))
        with stream.lasting(Path(folder) / "kept", partial(are_within, memory=limit)) as kept:
            seconds, own, peak = perf_counter() - began, process_time() - used, peak_memory()
            where = "memory" if fits(kept, limit) else "a file"
            read_sample(kept, settings, limit, RowCache(Path(folder) / "rows"))
    return (
        f"{rows:,} rows kept in {where}: {seconds:.1f} s, {own:.1f} s of this process, peak {peak:.0f} MB; "
        f"with the sample {peak_memory():.0f} MB"
    )


def peak_memory() -> float:
    """Megabytes of this process at most, so far."""
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()

"""A table and a picture of what `benchmarks.scale.measure` has measured."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measurements import Row, markdown_table, write_page

PICTURE = Path(__file__).parents[2] / "docs" / "scale.svg"
PHASES = ("sample", "levels", "store", "train", "judge", "predict")


def summarize(out: Path, found: list[Row]) -> None:
    """Write the newest measurement of each number of rows as Markdown, and draw it."""
    newest = {row["rows"]: row for row in found}
    sizes = sorted(newest)
    header = ["rows", "file, MB", "in sample", "limit", *PHASES, "peak MB", "predict: peak MB", "rmse"]
    lines = [
        [
            f"{count:,}",
            f"{row['file_mb']:,.0f}",
            f"{row['rows_in_sample']:,}",
            f"{row['time_limit']:.0f}" if row.get("time_limit") else "",
            *(f"{row['seconds'][phase]:.1f}" if phase in row["seconds"] else "" for phase in PHASES),
            f"{row['memory_mb']['fit']:,.0f}",
            f"{row['memory_mb']['predict']:,.0f}",
            f"{row['valid']['rmse']:.3f}",
        ]
        for count, row in ((count, newest[count]) for count in sizes)
    ]
    last = newest[sizes[-1]]
    about = (
        f"{last['date'][:10]}, {last['machine']['cpu']}, {last['machine']['cores']} cores, "
        f"netable {last['versions']['netable']}, torch {last['versions']['torch']}; --memory {last['memory']}, "
        f"{last['members']} networks, one epoch at most. Seconds are of the processor, of all threads; "
        "a limit is of the clock, and shortens training."
    )
    write_page(out, f"# Scale\n\n{about}\n\n{markdown_table(header, lines)}\n")
    draw([newest[count] for count in sizes], PICTURE)


def draw(found: list[Row], path: Path) -> None:
    """Time and peak memory against rows, on logarithmic scales."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    times, memory = figure.subplots(1, 2)
    count = [row["rows"] for row in found]
    for phase in ("sample", "store", "train", "predict"):
        drawn = [(row["rows"], row["seconds"][phase]) for row in found if phase in row["seconds"]]
        times.loglog(*zip(*drawn, strict=True), marker="o", label=phase)
    times.set(xlabel="rows", ylabel="seconds")
    times.legend(frameon=False)
    memory.loglog(count, [row["memory_mb"]["fit"] for row in found], marker="o", label="training")
    memory.loglog(count, [row["memory_mb"]["predict"] for row in found], marker="o", label="predict")
    memory.loglog(count, [row["file_mb"] for row in found], "k:", label="the Parquet file")
    memory.set(xlabel="rows", ylabel="peak memory, MB")
    memory.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})

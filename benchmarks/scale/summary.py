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
    header = ["rows", "file, MB", "in sample", "networks", "epochs", *PHASES, "fit, by the clock", "peak, MB"]
    header += ["predict: peak, MB", "rmse"]
    lines = [_line(newest[count]) for count in sizes]
    last = newest[sizes[-1]]
    about = (
        f"{last['date'][:10]}, {last['machine']['cpu']}, {last['machine']['cores']} cores, "
        f"netable {last['versions']['netable']}, torch {last['versions']['torch']}; --memory {last['memory']}. Seconds "
        "are of the processor, of all threads, unless the clock is named; other work used the machine. The error is "
        "of held-out rows, the same for all; with a star, out of fold, of the sample."
    )
    write_page(out, f"# Scale\n\n{about}\n\n{markdown_table(header, lines)}\n")
    draw([newest[count] for count in sizes], PICTURE)


def _line(row: Row) -> list[str]:
    seconds, memory = row["seconds"], row["memory_mb"]
    return [
        f"{row['rows']:,}",
        f"{row['file_mb']:,.0f}",
        f"{row['rows_in_sample']:,}",
        f"{row['members']}",
        f"{row['epochs']}",
        *(f"{seconds[phase]:,.1f}" if phase in seconds else "" for phase in PHASES),
        f"{row['clock']['fit'] + row['clock']['sample']:,.0f}" if "clock" in row else "",
        f"{memory['fit']:,.0f}",
        f"{memory['predict']:,.0f}" if "predict" in memory else "",
        f"{row['rmse']:.3f}" if "rmse" in row else f"{row['valid']['rmse']:.3f} *",
    ]


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
    predicted = [(row["rows"], row["memory_mb"]["predict"]) for row in found if "predict" in row["memory_mb"]]
    memory.loglog(*zip(*predicted, strict=True), marker="o", label="predict")
    memory.loglog(count, [row["file_mb"] for row in found], "k:", label="the Parquet file")
    memory.set(xlabel="rows", ylabel="peak memory, MB")
    memory.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})

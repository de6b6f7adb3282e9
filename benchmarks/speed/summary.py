"""The page of one run of the speed benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.measurements import Row, describe_circumstances, describe_versions, markdown_table

OWN = "netable"


def markdown(rows: Sequence[Row]) -> str:
    """The whole summary of one run, as a page."""
    settings = list(dict.fromkeys(row["setting"] for row in rows if row["kind"] == "training"))
    parts = [
        "# Speed beside peers",
        "`benchmarks/speed/run.py` writes this page and says what is measured: a classifier of two classes, Adam, with "
        "the same network, first weights, batches and epochs for everyone.",
        *describe_circumstances(rows[:1]),
        f"Versions: {describe_versions(rows[:1])}.",
        *missing_lines(rows),
    ]
    for setting in settings:
        parts += setting_parts([row for row in rows if row.get("setting") == setting])
    parts += prediction_parts(rows)
    return "\n\n".join(parts) + "\n"


def missing_lines(rows: Iterable[Row]) -> list[str]:
    """The contenders that are missing or failed, and the reason."""
    absent = [row for row in rows if row["kind"] in ("missing", "failed")]
    lines = [
        f"- {row['contender']}: {row['reason']}" + (f" ({row['setting']})" if "setting" in row else "")
        for row in absent
    ]
    return ["Not measured:", "\n".join(lines)] if lines else []


def setting_parts(rows: Sequence[Row]) -> list[str]:
    """One size: rates, then what follows from them."""
    training = [row for row in rows if row["kind"] == "training"]
    products = {row["product"]: row["median"] for row in rows if row["kind"] == "product"}
    own = next((row["median"] for row in training if row["contender"] == OWN), None)
    head = ["", "thousand rows/s", "lowest–highest", "times netable's time", "GFLOP/s", "% of large product"]
    head += ["% of own product", "last loss"]
    lines = [training_line(row, own, products) for row in training]
    notes = [f"{row['contender']}: {row['note']}" for row in training if row["note"]]
    traces = [
        f"{row['members']} member{'s' if row['members'] > 1 else ''} {row['difference']:.1e}"
        for row in rows
        if row["kind"] == "trace"
    ]
    stacks = [
        f"{row['members']} members take {time_ratio(row, own):.2f} times the time of one"
        for row in training
        if row["members"] > 1 and own
    ]
    return [
        f"## {training[0]['setting']}",
        markdown_table(head, lines),
        "Medians over the rounds; of stacks, rows times members. fp32 matrix products on this machine: "
        f"{products['large']:.0f} GFLOP/s large and square, {products['own']:.0f} with the shape of a hidden layer. "
        + "".join(f"{note}. " for note in notes).strip(),
        f"{'; '.join(stacks)}. The largest relative difference of a step's loss from plain PyTorch's over one epoch: "
        f"{', '.join(traces)}.",
    ]


def training_line(row: Row, own: float | None, products: dict[str, float]) -> list[str]:
    """One contender."""
    achieved = achieved_rate(row)
    return [
        row["contender"],
        f"{row['median']:.4g}",
        f"{row['low']:.4g}–{row['high']:.4g}",
        f"{time_ratio(row, own):.2f}" if own else "–",
        f"{achieved:.3g}",
        f"{100 * achieved / products['large']:.0f}",
        f"{100 * achieved / products['own']:.0f}",
        "–" if row["loss"] is None else f"{row['loss']:.4f}",
    ]


def achieved_rate(row: Row) -> float:
    """GFLOP a second of the matrix products of training."""
    return float(row["median"] * 1e3 * row["flop_per_row"] / 1e9)


def time_ratio(row: Row, own: float) -> float:
    """The time for all members' rows, over the time that one network of netable takes for its own."""
    return float(own * row["members"] / row["median"])


def prediction_parts(rows: Iterable[Row]) -> list[str]:
    """The time to predict."""
    lines = [
        [f"{row['rows']:,}", f"{row['median']:.4g} {row['unit']}", f"{row['low']:.4g}–{row['high']:.4g}"]
        for row in rows
        if row["kind"] == "prediction"
    ]
    if not lines:
        return []
    table = markdown_table(["rows", "median", "lowest–highest"], lines)
    return [
        "## Prediction",
        "The default `NetClassifier`, `predict_proba` on an array with 50 columns.",
        table,
    ]

"""The page of the trust benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.measurements import Row, describe_circumstances, describe_versions, markdown_table

LEVELS = ("0.5", "0.8", "0.9", "0.95")


def markdown(rows: Sequence[Row]) -> str:
    """Every table, also those where a promise was not kept."""
    halves = [row for row in rows if "table" in row]
    lines = ["# Do the figures hold?", ""]
    if halves:
        lines += [_estimates(halves), "", _intervals(halves), "", _probabilities(halves), ""]
    lines += [_seeds(rows), "", _chances(rows), ""]
    lines += [
        "## How it was measured",
        "",
        *_commands(halves),
        *(f"- {line}" for line in describe_circumstances(rows)),
    ]
    return "\n".join([*lines, f"- {describe_versions(rows)}"]) + "\n"


def _commands(halves: Sequence[Row]) -> list[str]:
    splits = Counter(row["split"] for row in halves)
    tables = ", ".join(f"{splits[split]} in split {split}" for split in sorted(splits))
    halved = f"`python -m benchmarks.trust.run --data DIR`, tables: {tables or 'none'}"
    return [f"- {halved}", "- `python -m benchmarks.trust.seeds`"]


def by_table(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of each table."""
    return {
        name: [row for row in rows if row["table"] == name] for name in sorted({row["table"] for row in rows})
    }


def _estimates(rows: Sequence[Row]) -> str:
    found = np.array([row["in_errors"] for row in rows])
    ratio = np.exp(np.mean([np.log(row["fresh_single"] / row["out_of_fold"]) for row in rows]))
    model = np.exp(np.mean([np.log(row["fresh"] / row["out_of_fold"]) for row in rows]))
    body = [
        [
            name,
            str(own[0]["rows"]),
            _mean(own, "out_of_fold"),
            _mean(own, "fresh_single"),
            _mean(own, "fresh"),
            ", ".join(f"{row['in_errors']:+.1f}" for row in own),
        ]
        for name, own in by_table(rows).items()
    ]
    head = [
        "table",
        "rows learned from",
        "out of fold",
        "fresh, one network",
        "fresh, the model",
        "difference",
    ]
    return f"""## The out-of-fold estimate beside fresh rows

Half of each table is learned from, the other half is fresh. Losses: squared errors in deviations of the target, or
log loss. Out of fold a row is judged by one network of each stack, so what it estimates is the loss of one; the model
is the mean of all, and better. The difference is out of fold minus fresh rows by one network, in standard errors of
rows, for each split: above 0 the estimate was too pessimistic, below 0 it flattered.

Over {len(rows)} fits of {len(by_table(rows))} tables the mean difference is {found.mean():+.2f} standard errors
(± {_error(found):.2f}); {np.mean(np.abs(found) > 2):.0%} are beyond ±2, {np.mean(found < -2):.0%} flattered by more
than 2. On fresh rows one network loses {abs(ratio - 1):.1%} {"more" if ratio > 1 else "less"} than the estimate, the
model {abs(model - 1):.1%} {"more" if model > 1 else "less"} (geometric means).

{markdown_table(head, body)}"""


def _intervals(rows: Sequence[Row]) -> str:
    told = [row for row in rows if row["task"] == "regression"]
    body = [
        [name, str(own[0]["rows"]), *(_coverage(own, level) for level in LEVELS)]
        for name, own in by_table(told).items()
    ]
    means = [
        f"{100 * np.mean([row['coverage'][level] for row in told if level in row['coverage']]):.1f}"
        for level in LEVELS
    ]
    body.append(["**mean**", "", *means])
    head = ["table", "rows learned from", *(f"asked for {100 * float(level):.0f} %" for level in LEVELS)]
    return f"""## Intervals

The share of fresh targets within their intervals, in %, and in brackets what `metrics.json` had promised; means over
splits. Intervals are those of single networks' errors, and the model is better than these: rather too wide than too
narrow.

{markdown_table(head, body)}"""


def _coverage(rows: Sequence[Row], level: str) -> str:
    found = [row["coverage"][level] for row in rows if level in row["coverage"]]
    promised = [row["promised"][level] for row in rows if level in row["promised"]]
    if not found:
        return "–"
    return f"{100 * np.mean(found):.1f}" + (f" ({100 * np.mean(promised):.1f})" if promised else "")


def _probabilities(rows: Sequence[Row]) -> str:
    told = [row for row in rows if row["task"] != "regression"]
    figures = ("log_loss", "brier", "ece")
    body = [
        [
            name,
            str(own[0]["rows"]),
            ", ".join(f"{row['temperature']:.2f}" for row in own),
            *(
                f"{np.mean([row['before'][figure] for row in own]):.4f} → "
                f"{np.mean([row['after'][figure] for row in own]):.4f}"
                for figure in figures
            ),
        ]
        for name, own in by_table(told).items()
    ]
    better = {figure: sum(row["after"][figure] < row["before"][figure] for row in told) for figure in figures}
    head = ["table", "rows learned from", "temperature", "log loss", "Brier score", "calibration error"]
    return f"""## Probabilities

On fresh rows, before and after the temperature, which is fitted to single networks out of fold. The model is their
mean, which is less sure than each: where they are nearly calibrated, the temperature takes a little too much from it.
ECE in ten bins of equally many rows. It is lower after the temperature in {better["ece"]} of {len(told)} fits, the
Brier score in {better["brier"]}, the log loss in {better["log_loss"]}.

{markdown_table(head, body)}"""


def _seeds(rows: Sequence[Row]) -> str:
    body = [
        [
            row["spread"],
            str(row["seeds"]),
            str(row["members"]),
            f"{np.sqrt(row['within']):.4f}",
            f"{np.sqrt(row['across']):.4f}",
            f"{np.sqrt(row['models']):.4f}",
            f"{np.sqrt(row['within'] / row['members']):.4f}",
        ]
        for row in rows
        if "spread" in row
    ]
    head = [
        "table",
        "seeds",
        "members",
        "members of one run",
        "the same member of other runs",
        "models",
        "as if independent",
    ]
    return f"""## Seeds

Deviations of predictions of the same 500 fresh rows. A member should differ from the same member of other runs as it
does from the others of its own, and whole models by as much less as if members knew nothing of each other.

{markdown_table(head, body)}"""


def _chances(rows: Sequence[Row]) -> str:
    body = [
        [
            row["chance"],
            str(row["seeds"]),
            row["metric"],
            *(
                f"{mean:.4f} ± {2 * error:.4f}"
                for mean, error in (row[k] for k in ("figure", "beyond_constant", "optimism"))
            ),
        ]
        for row in rows
        if "chance" in row
    ]
    head = [
        "target",
        "seeds",
        "metric",
        "out of fold",
        "loss beyond a constant's",
        "fresh loss minus out of fold",
    ]
    return f"""## Random labels

Nothing is to be learned. Means over seeds, with two standard errors. At chance an area under the curve is 0.5, an R² at
most 0, and out of fold loses no less than a constant. Above 0 in the last column the estimate flatters.

{markdown_table(head, body)}"""


def _mean(rows: Sequence[Row], name: str) -> str:
    return f"{np.mean([row[name] for row in rows]):.4f}"


def _error(values: NDArray[np.float64]) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")

"""Training that is killed and resumed: does it end with the bits of an uninterrupted run?

    python -m benchmarks.kill.run --kills 200
    python -m benchmarks.kill.run --every-call --settings numbers

Each kill is a SIGKILL to a process that runs `netable train`: after a random step, at a random moment, or at one of
the system calls by which files are written (open, write, fsync, replace, unlink and so on; before, within or after it).
One in three is killed again while it resumes. Then the run is resumed until it ends, and everything it left is
compared: weights, predictions, metrics, history, files. Checkpoints are written every 0.02 seconds, not every 5.
Linux only.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.kill.child import Ended, Fault, difference, results_of, run_in_child
from benchmarks.measurements import append_row, circumstances, make_parser

RESULTS = Path(__file__).parent / "results"
# What is trained: a name, and its options beside the table and the target.
SETTINGS = {
    "numbers": ("--target", "price", "--max-epochs", "16"),
    "classes": ("--target", "third", "--max-epochs", "12", "--dropout", "0.2"),
    "search": ("--target", "dear", "--effort", "best", "--max-epochs", "5", "--folds", "2"),
    "logarithm": ("--target", "price", "--target-transform", "auto", "--max-epochs", "10", "--folds", "3"),
    "momentum": ("--target", "dear", "--model", "mlp", "--optimizer", "momentum", "--max-epochs", "20"),
    "rmsprop": ("--target", "price", "--model", "linear", "--optimizer", "rmsprop", "--max-epochs", "60"),
    "holdout": ("--target", "third", "--folds", "1", "--max-epochs", "25"),
    "long epochs": ("--target", "price", "--effort", "fast", "--batch-size", "2", "--max-epochs", "2"),
}
TRIES = 5


class Reference(NamedTuple):
    """A run that was never stopped: what it left, and what it did on the way."""

    results: dict[str, Any]
    steps: int
    calls: Counter[tuple[str, str]]
    seconds: float


class Trial(NamedTuple):
    """The result of one kill."""

    setting: str
    kind: str
    call: tuple[str, str]
    kills: int
    differs: str


def main(arguments: list[str] | None = None) -> None:
    """Kill so many times, and count."""
    options = read_arguments(arguments)
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        table = place / "table.parquet"
        pq.write_table(make_table(), table)
        chosen = [s for s in SETTINGS if not options.settings or s in options.settings]
        references = {setting: learn_reference(setting, table, place) for setting in chosen}
        trials: list[Trial] = []
        for i, (setting, kind, fault) in enumerate(plan(chosen, references, options)):
            trials.append(kill(setting, kind, references[setting], table, place, draw, fault))
            if trials[-1].differs:
                print(f"{trials[-1]}", file=sys.stderr)
            if sys.stderr.isatty() or i % 20 == 19:
                same = sum(not trial.differs for trial in trials)
                print(f"{same} of {i + 1} the same", file=sys.stderr)
    show(trials)
    if options.out:
        append_row(options.out, summary(trials) | circumstances(["netable", "torch"]))
    sys.exit(any(trial.differs or not trial.kills for trial in trials))


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """The options."""
    parser = make_parser(__doc__, out=RESULTS / "kill.jsonl")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--every-call", action="store_true", help="each once: before, within and after it; none drawn"
    )
    parser.add_argument("--settings", nargs="*", choices=SETTINGS, help="these alone")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def make_table(n_rows: int = 240, seed: int = 0) -> pa.Table:
    """Numbers with gaps, a category with a gap, a flag, a date, and three targets."""
    rng = np.random.default_rng(seed)
    size, age = rng.normal(size=n_rows), rng.uniform(20, 60, n_rows)
    city = rng.choice(["Busan", "Seoul", "Jeju"], n_rows)
    price = np.exp(size + (city == "Seoul") + 0.02 * age + rng.normal(size=n_rows) * 0.1)
    return pa.table(
        {
            "size": pa.array(size, mask=rng.random(n_rows) < 0.1),
            "age": age,
            "city": pa.array(city, mask=rng.random(n_rows) < 0.1),
            "garden": rng.random(n_rows) < 0.4,
            "sold": rng.integers(0, 3000, n_rows).astype("datetime64[D]").astype("datetime64[us]"),
            "price": price,
            "dear": np.where(price > np.median(price), "yes", "no"),
            "third": np.array(["a", "b", "c"])[np.digitize(size, [-0.4, 0.4])],
        }
    )


def command(setting: str, table: Path, folder: Path) -> list[str]:
    """The arguments of `netable`."""
    options = SETTINGS[setting]
    target = options[options.index("--target") + 1]
    others = ",".join(sorted({"price", "dear", "third"} - {target}))
    return [
        "train",
        str(table),
        *options,
        "--ignore-columns",
        others,
        "--no-report",
        "--resume",
        "-o",
        str(folder),
    ]


def learn_reference(setting: str, table: Path, place: Path) -> Reference:
    """Train without a stop."""
    folder = place / f"{setting} reference"
    began = perf_counter()
    ended = run_in_child(command(setting, table, folder), place / "log", Fault())
    if ended.code:
        raise SystemExit(f"{setting} ended with {ended.code}: {(place / 'log').read_text()[-2000:]}")
    seconds = perf_counter() - began
    print(f"{setting}: {ended.steps} steps, {len(ended.calls)} calls, {seconds:.1f} s", file=sys.stderr)
    return Reference(results_of(folder), ended.steps, Counter(ended.calls), seconds)


def plan(
    chosen: list[str], references: dict[str, Reference], options: argparse.Namespace
) -> Iterator[tuple[str, str, Fault | None]]:
    """Settings, kinds of kills, and where that is not drawn."""
    if options.every_call:
        for setting in chosen:
            for call in sorted(references[setting].calls):
                yield from ((setting, "call", Fault("call", 1, call, when)) for when in moments(call))
        return
    for i in range(options.kills):
        yield chosen[i % len(chosen)], ("step", "call", "time")[i // len(chosen) % 3], None


def kill(
    setting: str,
    kind: str,
    reference: Reference,
    table: Path,
    place: Path,
    draw: random.Random,
    known: Fault | None = None,
) -> Trial:
    """Kill a run, perhaps once more, resume it to its end, and compare."""
    for number in range(TRIES):
        folder = place / f"{setting} {draw.random()}"
        fault = known or draw_fault(kind, reference, draw, first=number > 0)
        ended = run_in_child(command(setting, table, folder), place / "log", fault)
        if ended.code == -9:
            break
    kills = int(ended.code == -9)
    if draw.random() < 1 / 3:
        again = draw_fault(draw.choice(("step", "call", "time")), reference, draw)
        kills += run_in_child(command(setting, table, folder), place / "log", again).code == -9
    ended = run_in_child(command(setting, table, folder), place / "log", Fault())
    differs = outcome(ended, folder, reference, place)
    return Trial(setting, kind, fault.call, kills, differs)


def outcome(ended: Ended, folder: Path, reference: Reference, place: Path) -> str:
    """The first difference from the uninterrupted run; "" if there is none."""
    if ended.code:
        return f"code {ended.code}: {(place / 'log').read_text()[-500:]}"
    return difference(results_of(folder), reference.results)


def draw_fault(kind: str, reference: Reference, draw: random.Random, *, first: bool = False) -> Fault:
    """Somewhere in the run; the first such call if others were not reached."""
    if kind == "step":
        return Fault("step", draw.randint(1, max(1, reference.steps // (2 if first else 1))))
    if kind == "time":
        return Fault("time", draw.uniform(0, reference.seconds / (2 if first else 1)))
    call = draw.choice(sorted(reference.calls))
    when = draw.choice(moments(call))
    return Fault("call", 1 if first else draw.randint(1, reference.calls[call]), call, when)


def moments(call: tuple[str, str]) -> tuple[str, ...]:
    """When to kill at a call: only a write can be done in part."""
    return ("before", "within", "after") if call[0] == "write" else ("before", "after")


def summary(trials: list[Trial]) -> dict[str, Any]:
    """Counts, as they are kept."""
    same = [trial for trial in trials if not trial.differs]
    return {
        "runs": len(trials),
        "killed": sum(trial.kills > 0 for trial in trials),
        "same": len(same),
        "killed_twice": sum(trial.kills > 1 for trial in trials),
        "by_setting": dict(Counter(trial.setting for trial in same)),
        "by_kind": dict(Counter(trial.kind for trial in same)),
        "by_call": dict(Counter(" ".join(trial.call) for trial in same if trial.kind == "call")),
    }


def show(trials: list[Trial]) -> None:
    """The counts, for people."""
    found = summary(trials)
    print(f"{found['same']} of {found['runs']} runs ended with the same bits;")
    print(f"{found['killed']} of them were killed, {found['killed_twice']} twice.")
    for name in ("by_setting", "by_kind", "by_call"):
        print(", ".join(f"{what}: {count}" for what, count in sorted(found[name].items())))


if __name__ == "__main__":
    main()

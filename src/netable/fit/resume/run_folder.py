"""Names of the files of a training run, and the state of its folder. Nothing here imports torch."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import time

from netable.fit.resume.checkpoint_folder import MANIFEST, is_unfinished, remove_checkpoints
from netable.system.urls import WEB, scheme_of, shown

MODEL, PREDICTIONS, REPORT = "model.netable", "predictions.parquet", "report.html"
METRICS, CHECKPOINTS = "metrics.json", "checkpoint"
# The manifest of the checkpoints, which identifies the inputs of a finished run.
IDENTITY = "identity.json"
RUN_FILES = (MODEL, METRICS, IDENTITY, "config.yaml", "history.csv", PREDICTIONS, REPORT)
# The course of a run, as long as it is not finished.
PROGRESS = "progress.jsonl"
# Encoded rows of a table beyond memory, while they are learned from.
STORED = "rows"
# What can be read only once, such as the result of a query, of a table beyond memory.
KEPT = "kept-table"
# Where runs are put that have no folder of their own.
RUNS = Path("runs")


def table_name(path: str) -> str:
    """The name of a file, folder, pattern or URL, without its ending."""
    if path == "-":
        return "stdin"
    place = shown(path).partition("?")[0] if scheme_of(path) in WEB else shown(path)
    plain = [part for part in Path(place).parts if not set(part) & set("*?[]/")]
    return (plain or ["table"])[-1].split(".")[0] or "table"


def default_folder(
    name: str, *, resume: bool = False, runs: Path = RUNS, is_taken: Callable[[Path], bool] = Path.exists
) -> Path:
    """The first of `runs/NAME`, `runs/NAME-2` and so on that is not taken; to resume, the last that is."""
    stem = table_name(name)
    folder, n = runs / stem, 1
    before = folder
    while is_taken(folder):
        n += 1
        before, folder = folder, runs / f"{stem}-{n}"
    return before if resume else folder


def is_finished(folder: Path) -> bool:
    """True if a training run has completed in the folder."""
    if is_unfinished(folder / CHECKPOINTS) or not (folder / MODEL).is_file():
        return False
    try:
        return bool(json.loads((folder / METRICS).read_bytes()).get("ending") != "interrupted")
    except (OSError, ValueError, AttributeError):
        return False


def has_begun(folder: Path, seconds: float) -> bool:
    """True if a run has begun, or even finished, in the folder within so many seconds."""
    for manifest in (folder / CHECKPOINTS / MANIFEST, folder / IDENTITY):
        with suppress(OSError):
            if manifest.stat().st_mtime > time() - seconds:
                return True
    return False


def finish(folder: Path) -> None:
    """Remove the checkpoints; keep the inputs of the run beside the model."""
    with suppress(OSError):
        os.replace(folder / CHECKPOINTS / MANIFEST, folder / IDENTITY)
    remove_checkpoints(folder / CHECKPOINTS)

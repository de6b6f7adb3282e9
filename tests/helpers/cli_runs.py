"""Helpers of the tests of the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from netable.cli.app import run

# Options that make a training run short.
QUICK = (
    "--embedding",
    "none",
    "--max-epochs",
    "2",
    "--hidden-layer-sizes",
    "8",
    "--folds",
    "2",
    "--no-report",
)
ON_DEAR = ("--target", "dear", "--ignore-columns", "price")
ON_PRICE = ("--target", "price", "--ignore-columns", "dear")


class Ended(NamedTuple):
    """The exit code and the outputs of a command."""

    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def trained(folder: Path, *arguments: object) -> Path:
    """The folder, with a short training run in it."""
    assert run(["train", *QUICK, "-o", str(folder), *map(str, arguments)]) == 0
    return folder


def settings(folder: Path) -> dict[str, Any]:
    """The config.yaml of a run."""
    loaded: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    return loaded


def metrics(folder: Path) -> dict[str, Any]:
    """The metrics.json of a run."""
    loaded: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return loaded

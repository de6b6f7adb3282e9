"""What the tests of the command line share beside fixtures."""

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
    """How a command ended."""

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
    """What a run wrote into config.yaml."""
    loaded: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    return loaded


def metrics(folder: Path) -> dict[str, Any]:
    """What a run wrote into metrics.json."""
    loaded: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return loaded

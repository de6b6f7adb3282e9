"""Modules that take long to import, and the verbs that load them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Modules, and the rooms of training, that a model in use does not need.
HEAVY = (
    "sklearn",
    "scipy.stats",
    "scipy.optimize",
    "matplotlib",
    "netable.fit.fit",
    "netable.report",
    "netable.comparison",
)
RUN = "import sys; from netable.cli.app import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"


@pytest.mark.parametrize("verb", ["predict", "evaluate", "explain"])
def test_verbs__that_use_a_model__load_nothing_that_trains_or_draws(
    verb: str, classifier_run: Path, houses_csv: Path
) -> None:
    arguments = [verb, str(classifier_run / "model.netable"), str(houses_csv)]
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *arguments], capture_output=True, text=True, timeout=300, check=True
    )

    modules = set(ended.stderr.splitlines()[-1].split())
    assert "torch" in modules
    assert not modules & {*HEAVY}

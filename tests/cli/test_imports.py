"""Modules that take long to import, and the verbs that load them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from cli_runs import QUICK

# Of these, no verb needs a part for an ordinary table.
HEAVY = ("pandas", "sklearn", "scipy.stats", "torch._dynamo")
# Modules, and the rooms of training, that a model in use does not need.
OF_TRAINING = ("scipy.optimize", "matplotlib", "netable.fit.fit", "netable.report", "netable.comparison")
RUN = """
import atexit, sys
from netable.cli import main
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
main()
"""


def loaded_by(*arguments: object) -> set[str]:
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return set(ended.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("verb", ["predict", "evaluate", "explain"])
def test_verbs__that_use_a_model__load_nothing_that_trains_or_draws(
    verb: str, classifier_run: Path, houses_csv: Path
) -> None:
    modules = loaded_by(verb, classifier_run / "model.netable", houses_csv)

    assert "torch" in modules
    assert not modules & {*HEAVY, *OF_TRAINING}


@pytest.mark.parametrize("target", ["size", "kind"])
def test_train__table_without_times_and_groups__loads_no_library_for_these(
    target: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    columns = {"a": rng.normal(size=120), "size": rng.normal(size=120), "kind": rng.choice(["x", "y"], 120)}
    pyarrow.csv.write_csv(pa.table(columns), tmp_path / "table.csv")

    modules = loaded_by(
        "train", tmp_path / "table.csv", "--target", target, *QUICK[:4], "-o", tmp_path / "run"
    )

    assert "matplotlib" in modules
    assert not modules & {*HEAVY}

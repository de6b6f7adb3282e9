"""Modules that take long to import, and the verbs that load them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from cli_runs import QUICK
from netable.cli.imports import compute_in_one_thread

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
OPENBLAS = """
import atexit, sys
def openblas():
    from threadpoolctl import threadpool_info
    return [pool for pool in threadpool_info() if pool["internal_api"] == "openblas"]
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


@pytest.mark.parametrize(
    ("asked", "threads"),
    [
        ({}, "1"),
        ({"OMP_NUM_THREADS": "3"}, "3"),
        ({"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "3"}, "2"),
    ],
)
def test_compute_in_one_thread__number_of_the_user__is_kept(
    asked: dict[str, str], threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, asked.get(name, ""))
        if name not in asked:
            monkeypatch.delenv(name)

    compute_in_one_thread()

    assert os.environ["OPENBLAS_NUM_THREADS"] == threads


def test_terminal__any_verb__collects_rarely_and_not_at_the_end() -> None:
    script = RUN.replace("import atexit, sys", "import atexit, gc, os, sys")
    script = script.replace(
        "*sys.modules", "gc.get_threshold()[0], gc.get_freeze_count(), os.environ['OMP_WAIT_POLICY']"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    command = [sys.executable, "-c", script, "--version"]

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)

    new_objects, left, policy = ended.stderr.split()
    assert int(new_objects) > 10_000
    assert int(left) > 10_000
    assert policy == "PASSIVE"


def test_terminal__products_of_numpy__use_one_thread(classifier_run: Path, houses_csv: Path) -> None:
    script = RUN.replace("print(*sys.modules", "print(sum(pool['num_threads'] > 1 for pool in openblas())")
    script = script.replace("import atexit, sys", OPENBLAS)
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    command = [sys.executable, "-c", script, "evaluate", classifier_run / "model.netable", houses_csv]

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)

    assert ended.stderr.splitlines()[-1] == "0"

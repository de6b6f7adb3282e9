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
# Several commands, one after the other in one process.
RUN = """
import sys
from netable.cli import main
for command in COMMANDS:
    sys.argv[1:] = command
    try:
        main()
    except SystemExit as ended:
        assert ended.code == 0, command
print(*sys.modules, file=sys.stderr)
from threadpoolctl import threadpool_info
pools = [pool["num_threads"] for pool in threadpool_info() if pool["internal_api"] == "openblas"]
print(*pools, file=sys.stderr)
"""


def after(*commands: tuple[object, ...]) -> tuple[set[str], list[int]]:
    """The modules that are loaded after some commands, and the threads of NumPy's pools, none of them asked for."""
    program = f"COMMANDS = {[[*map(str, command)] for command in commands]}\n{RUN}"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    *_, modules, threads = ended.stderr.splitlines()
    return set(modules.split()), [int(number) for number in threads.split()]


def test_verbs__that_use_a_model__load_nothing_that_trains_or_draws_and_take_one_thread(
    classifier_run: Path, houses_csv: Path
) -> None:
    model = classifier_run / "model.netable"

    modules, threads = after(*((verb, model, houses_csv) for verb in ("predict", "evaluate", "explain")))

    assert "torch" in modules
    assert not modules & {*HEAVY, *OF_TRAINING}
    assert {*threads} == {1}


def test_train__tables_without_times_and_groups__load_no_library_for_these(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {"a": rng.normal(size=120), "size": rng.normal(size=120), "kind": rng.choice(["x", "y"], 120)}
    table = tmp_path / "table.csv"
    pyarrow.csv.write_csv(pa.table(columns), table)

    modules, _ = after(
        *(("train", table, "--target", name, *QUICK[:4], "-o", tmp_path / name) for name in ("size", "kind"))
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
    program = """
import atexit, gc, os, sys
from netable.cli import main
told = lambda: (gc.get_threshold()[0], gc.get_freeze_count(), os.environ["OMP_WAIT_POLICY"])
atexit.register(lambda: print(*told(), file=sys.stderr))
main()
"""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    command = [sys.executable, "-c", program, "--version"]

    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)

    new_objects, left, policy = ended.stderr.split()
    assert int(new_objects) > 10_000
    assert int(left) > 10_000
    assert policy == "PASSIVE"


def test_import_charts__classes_of_matplotlib__take_settings_that_nothing_describes() -> None:
    program = """
from netable.cli.imports import import_charts
import_charts()
from matplotlib.figure import Figure
ax = Figure().add_subplot()
ax.set(xlabel="x", ylim=(0, 2))
print(ax.get_xlabel(), *ax.get_ylim(), hasattr(ax.set, "__signature__"))
"""

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True
    )

    assert ended.stdout.split() == ["x", "0.0", "2.0", "False"]

"""Programs that tests run in processes of their own, which may hang."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

SECONDS = 120
# QUICK has two stacks; ONE has one, whose batches are large enough for torch to use several threads.
BEGINNING = """
import os, sys, threading, time, warnings
import numpy as np, torch
from netable import NetClassifier, NetRegressor, load

warnings.simplefilter("error")
torch.set_num_threads(2)
rng = np.random.default_rng(0)
X = rng.normal(size=(1100, 12))
y = X @ rng.normal(size=12) + np.abs(X[:, 0])
QUICK = {"max_epochs": 2, "folds": 2, "hidden_layer_sizes": (16,), "stacks": ({}, {"embedding": "periodic"})}
ONE = QUICK | {"stacks": ({},), "batch_size": 2048, "hidden_layer_sizes": (128,)}

def net(**options):
    return NetRegressor(**QUICK | options)

"""


def run(program: str, *, threads: int | None = None, folder: Path | None = None) -> str:
    """The output of a program; it begins with BEGINNING, may be killed for its time, and must end well."""
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)  # for the modules of tests/helpers
    if threads:
        environment["OMP_NUM_THREADS"] = str(threads)
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + dedent(program)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env=environment,
        cwd=folder,
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stderr[-2000:]}"
    assert not done.stderr, done.stderr[-2000:]
    return done.stdout

"""One row is predicted without a pool of threads, which would wait whenever another process has a core."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os, sys, time
from pathlib import Path
import numpy as np
import torch
from netable import NetClassifier, NetRegressor

def switches():
    others = [task for task in Path("/proc/self/task").iterdir() if task.name != str(os.getpid())]
    lines = (line for task in others for line in (task / "status").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)

torch.set_num_threads(2)
X = np.random.default_rng(0).normal(size=(40, 4))
y = np.digitize(X[:, 0], np.linspace(-1, 1, 9))
settings = {"max_epochs": 1, "folds": 2, "embedding": "none", "hidden_layer_sizes": (512, 512)}
settings["optimizer"] = "adamw"
nets = [NetClassifier(**settings, activation=name).fit(X, y) for name in ("gelu", "mish", "tanh")]
nets += [NetRegressor(**settings, activation="gelu").fit(X, X[:, 0])]
torch.rand(300_000).erf()  # starts the pool
for net in nets:
    net.predict(X[:1])
time.sleep(0.5)
before = switches()
for net in nets:
    for _ in range(50):
        net.predict(X[:1])
time.sleep(0.2)
print(switches() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_predict__one_row__no_other_thread_wakes_up() -> None:
    output = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        env=os.environ | {"OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )

    assert int(output.stdout) < 20

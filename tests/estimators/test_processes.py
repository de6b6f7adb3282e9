"""Fitted estimators in other processes, and searches in several."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

import processes
from netable import NetClassifier, NetRegressor
from small import QUICK

ROWS = 120


@pytest.fixture(scope="module")
def X() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=ROWS), "city": rng.choice(["Seoul", "Busan"], ROWS)})


cloudpickle = pytest.importorskip("cloudpickle")
WAYS: dict[str, Callable[[Any], bytes]] = {"pickle": pickle.dumps, "cloudpickle": cloudpickle.dumps}
LOADS = """
import sys, joblib, numpy, pandas
X = pandas.read_pickle("X.pkl")
for name in sys.argv[1:]:
    net = joblib.load(name) if name.endswith(".joblib") else pandas.read_pickle(name)
    numpy.save(name + ".npy", net.predict_proba(X) if hasattr(net, "classes_") else net.predict(X))
    assert net.feature_names_in_.tolist() == ["x", "city"]
"""


def test_pickles__loaded_in_another_process__predict_the_same_bits(X: pd.DataFrame, tmp_path: Path) -> None:
    nets = {
        "classifier": NetClassifier(**QUICK).fit(X, X["x"] > 0),
        "regressor": NetRegressor(**QUICK).fit(X, X[["x"]].assign(y=-X["x"])),
    }
    X.to_pickle(tmp_path / "X.pkl")
    names = []
    for kind, net in nets.items():
        for way, dumps in WAYS.items():
            (tmp_path / f"{kind}.{way}").write_bytes(dumps(net))
        joblib.dump(net, tmp_path / f"{kind}.joblib")
        names += [f"{kind}.{way}" for way in (*WAYS, "joblib")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", LOADS, *names], cwd=tmp_path, env=environment, check=True
    )

    expected = {"classifier": nets["classifier"].predict_proba(X), "regressor": nets["regressor"].predict(X)}
    for name in names:
        assert np.load(tmp_path / f"{name}.npy").tobytes() == expected[name.partition(".")[0]].tobytes(), name


# Prints, for two fits in workers, torch's number of threads, and how many more there were than before the fit.
SEARCH = """
import joblib

def fit():
    def count():
        return len(os.listdir("/proc/self/task"))

    def watch():
        while not ended.wait(0.001):
            most[0] = max(most[0], count() - 1)  # without this one

    before, most, ended = count(), [0], threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    net().fit(X, y)
    ended.set()
    watcher.join()
    return torch.get_num_threads(), most[0] - before

if __name__ == "__main__":
    print(*joblib.Parallel(n_jobs=joblib.cpu_count())(joblib.delayed(fit)() for _ in range(2)))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted as Linux lists them")
def test_workers__one_for_each_core__fit_in_one_thread(tmp_path: Path) -> None:
    """As with `n_jobs` of a search, which leaves the workers to joblib."""
    found = re.findall(r"\((\d+), (\d+)\)", processes.run(SEARCH, folder=tmp_path))

    assert len(found) == 2
    for threads, more in found:
        assert int(threads) == 1
        assert int(more) <= 2  # that of the networks, and one that reads the table

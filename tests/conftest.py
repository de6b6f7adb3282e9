"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

# Networks of tests are too small to gain from threads, and threads that wait for a busy core lose a lot.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# scikit-learn's array API checks run only with this, which SciPy reads when it is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import settings

from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.model import Model
from page_reader import undrawn
from small import QUICK, make_table
from stores import Bucket, postgresql_server, s3_server

# A few examples of everything in every run.
settings.register_profile("netable", deadline=None, max_examples=50)
# pytest tests/properties --hypothesis-profile=long
settings.register_profile("long", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("netable")


def pytest_collection_finish() -> None:
    gc.freeze()  # modules and tests stay; looking at them at every collection took a twentieth of the time


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Packed bytes hold the time, and all workers must collect the same names."""
    is_binary = isinstance(val, bytes) and (b"\0" in val or not val.isascii())
    return argname if is_binary else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    if os.name != "posix" and item.get_closest_marker("posix"):
        pytest.skip("needs a POSIX system")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def small_table() -> pa.Table:
    return make_table()


@pytest.fixture
def without_charts() -> Iterator[None]:
    """Pages are written without their charts."""
    with undrawn():
        yield


@pytest.fixture
def closed_figures() -> Iterator[None]:
    """Figures that a test draws as in a notebook do not stay open."""
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture(scope="session")
def regression_model() -> Model:
    table = make_table().drop_columns(["rooms", "dear", "third"])
    return fit(table, Settings(target="price", **QUICK))


@pytest.fixture(scope="session")
def classifier_model() -> Model:
    table = make_table().drop_columns(["rooms", "price", "third"])
    return fit(table, Settings(target="dear", **QUICK))


@pytest.fixture(scope="session")
def s3() -> Iterator[Bucket]:
    with s3_server() as bucket:
        yield bucket


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def datasets() -> Path:
    folder = Path(__file__).parents[2] / "shared" / "datasets"
    if not folder.is_dir():
        pytest.skip(f"the real tables are not at {folder}")
    return folder

"""Fixtures of all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

# Networks of tests are too small to gain from threads, and threads that wait for a busy core lose a lot.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# scikit-learn's array API checks run only with this, which SciPy reads when it is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import pytest
from hypothesis import settings

# The process that hands out tests to others imports this file too: what is large is imported by its fixture.
if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from netable.model.model import Model
    from stores import Bucket

gc.disable()  # until all tests are collected

# A few examples of everything in every run.
settings.register_profile("netable", deadline=None, max_examples=50)
# pytest tests/properties --hypothesis-profile=long
settings.register_profile("long", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("netable")


def pytest_collection_finish() -> None:
    gc.enable()
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
    import numpy as np

    return np.random.default_rng(0)


@pytest.fixture
def small_table() -> pa.Table:
    from small import make_table

    return make_table()


@pytest.fixture
def without_charts() -> Iterator[None]:
    """Pages are written without their charts."""
    from page_reader import undrawn

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
    return _model_of("price")


@pytest.fixture(scope="session")
def classifier_model() -> Model:
    return _model_of("dear")


def _model_of(target: str) -> Model:
    from netable.config.settings import Settings
    from netable.fit.fit import fit
    from small import QUICK, make_table

    others = {"rooms", "price", "dear", "third"} - {target}
    return fit(make_table().drop_columns(sorted(others)), Settings(target=target, **QUICK))


@pytest.fixture(scope="session")
def s3() -> Iterator[Bucket]:
    from stores import s3_server

    with s3_server() as bucket:
        yield bucket


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    from stores import postgresql_server

    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def datasets() -> Path:
    folder = Path(__file__).parents[2] / "shared" / "datasets"
    if not folder.is_dir():
        pytest.skip(f"the real tables are not at {folder}")
    return folder

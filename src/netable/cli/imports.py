"""Imports that the terminal does without, and settings that libraries read when they are imported."""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder


class _WithoutPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Say that pandas is not installed; leave other modules to other finders."""
        if fullname == "pandas":
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def hide_pandas() -> None:
    """Keep PyArrow from importing pandas, which it does for its first array if pandas is installed.

    For the whole process, because PyArrow remembers what it found.
    """
    sys.meta_path.insert(0, _WithoutPandas())


def compute_in_one_thread() -> None:
    """Let NumPy and SciPy multiply matrices in one thread, unless the user has set a number; torch has its own.

    Products here are small: those of samples of rows. After each, the other threads of OpenBLAS wait for the next one
    without sleeping, and where the cores are busy, the product waits for its slowest thread: milliseconds for each.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))

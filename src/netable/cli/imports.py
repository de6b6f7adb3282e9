"""Imports that the terminal does without, settings that libraries read when they are imported, and Python's garbage."""

from __future__ import annotations

import gc
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


def import_charts() -> None:
    """Import matplotlib without its descriptions of the `set` of each of its classes, a quarter of the import."""
    from matplotlib.artist import Artist

    method = "_update_set_signature_and_docstring"
    original = vars(Artist).get(method)
    setattr(Artist, method, classmethod(lambda _: None))
    try:
        import matplotlib.figure  # noqa: F401
    finally:
        if original is None:  # in another version of matplotlib
            delattr(Artist, method)
        else:
            setattr(Artist, method, original)


def compute_in_one_thread() -> None:
    """Let NumPy and SciPy multiply matrices in one thread, unless the user has set a number; torch has its own.

    Products here are small: those of samples of rows. After each, the other threads of OpenBLAS wait for the next one
    without sleeping, and where the cores are busy, the product waits for its slowest thread: milliseconds for each.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))


# New objects after which Python looks for cycles among them; 700 by default.
_NEW_OBJECTS = 20_000


def collect_rarely() -> None:
    """Look for garbage less often: imports make 400,000 objects, which stay."""
    gc.set_threshold(_NEW_OBJECTS)


def end_without_collecting() -> None:
    """Keep Python from looking for garbage among all objects when it ends, which takes as long as half a second."""
    gc.freeze()

"""Imports that the terminal does without."""

from __future__ import annotations

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

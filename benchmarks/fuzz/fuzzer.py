"""atheris, an optional dependency; without it only `--help` works."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from typing import Any

try:
    atheris: Any = importlib.import_module("atheris")
except ImportError:
    atheris = None
MISSING = "atheris, which fuzzes, is not installed. Try: pip install '.[fuzz]'\n"


def instrumented() -> AbstractContextManager[None]:
    """Instrument the modules of netable that are imported within."""
    found: AbstractContextManager[None] = (
        nullcontext() if atheris is None else atheris.instrument_imports(include=["netable"])
    )
    return found

"""Neural networks for tables.

>>> from netable import NetClassifier
>>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 10, ["low", "low", "high", "high"] * 10
>>> NetClassifier(effort="fast").fit(X, y).predict([[0.5], [2.5]])
array(['low', 'high'], dtype='<U4')
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str
    from netable.comparison import compare
    from netable.drift import monitor
    from netable.errors import DataWarning, TrainingWarning, UserError
    from netable.estimators.estimators import NetClassifier, NetRegressor
    from netable.explanation import explain
    from netable.first_look import look
    from netable.model.file import load
    from netable.report import write_report

__all__ = [
    "DataWarning",
    "NetClassifier",
    "NetRegressor",
    "TrainingWarning",
    "UserError",
    "compare",
    "explain",
    "load",
    "look",
    "monitor",
    "write_report",
]

# Imported on first use, so that `import netable` loads neither torch nor scikit-learn. It loads little else, because
# Ctrl-C during imports prints a traceback.
_LAZY = {
    "DataWarning": "netable.errors",
    "TrainingWarning": "netable.errors",
    "UserError": "netable.errors",
    "NetClassifier": "netable.estimators.estimators",
    "NetRegressor": "netable.estimators.estimators",
    "compare": "netable.comparison",
    "explain": "netable.explanation",
    "load": "netable.model.file",
    "look": "netable.first_look",
    "monitor": "netable.drift",
    "write_report": "netable.report",
    "mlflow": "",
    "nn": "",
    "ray": "",
    "train": "",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("netable")
    if name not in _LAZY:
        raise AttributeError(f"module 'netable' has no attribute {name!r}")
    from netable.system.openmp import sleeping_threads

    with sleeping_threads():
        return getattr(import_module(_LAZY[name]), name) if _LAZY[name] else import_module(f"netable.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, "__version__"})

"""MLflow's automatic logging, which wraps what scikit-learn fits."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext


def unlogged() -> AbstractContextManager[None]:
    """While entered, MLflow logs nothing by itself, if it is loaded: models within a fit are no models of its user."""
    module = sys.modules.get("mlflow.utils.autologging_utils")
    disable = getattr(module, "disable_autologging", nullcontext)
    context: AbstractContextManager[None] = disable()
    return context

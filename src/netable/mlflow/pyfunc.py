"""A model as a function that MLflow calls; it is loaded without MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netable.model.file import load
from netable.model.model import Model


class Function:
    """Predictions of a model, for MLflow's flavor `python_function`."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Labels or numbers, (rows,); a frame if there are several targets, or if more than predictions is asked for.

        Parameters
        ----------
        model_input : frame, or another source that `Model.predict` takes
        params : mapping, optional
            Those of the signature: `interval` adds the columns `lower` and `upper` for this coverage, `probabilities` a
            column `proba_CLASS` for each class; `threshold` is that of `Model.predict`.

        Raises
        ------
        UserError
            As `Model.predict`.
        """
        asked = {name: value for name, value in (params or {}).items() if value is not None}
        wants_more = asked.pop("probabilities", False) or "interval" in asked
        if wants_more or len(self._model.target.names) > 1:
            return self._model.predict_table(self._model.read(model_input), **asked).to_pandas()
        return self._model.predict(model_input, **asked)

    def get_raw_model(self) -> Model:
        """The model, which `get_raw_model` of what MLflow loads returns."""
        return self._model


def _load_pyfunc(path: str) -> Function:
    """Called by MLflow with the path of the model file."""
    return Function(load(path))

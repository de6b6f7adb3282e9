"""Contributions of columns for a service; unlike predictions, they need the networks of a model, and so torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netable.deploy.server.questions import Row
from netable.errors import FileError, silence
from netable.explanation import Contributions, contributions
from netable.explanation.cells import sample_rows
from netable.explanation.shapley import BACKGROUND_ROWS
from netable.model.model import Model


class Explainer:
    """The contributions of columns to predictions, compared with rows of a table.

    Parameters
    ----------
    model : Model
    background : path
        Of the table.

    Raises
    ------
    UserError
        If the table cannot be read, has no rows or does not suit the model.
    """

    def __init__(self, model: Model, background: Path) -> None:
        self._model = model
        with silence():  # of what is odd in the table, training has told
            table = model.read(background)
            if not table.num_rows:
                raise FileError(f"{background} has 0 rows; give contributions some to compare with.")
            self.background = table.take(sample_rows(table.num_rows, BACKGROUND_ROWS, seed=0))
            model.encode(self.background)

    def __call__(self, rows: Sequence[Row]) -> Contributions:
        """The contributions for rows of values of JSON."""
        return contributions(self._model, self._model.read(list(rows)), self.background)

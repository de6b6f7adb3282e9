"""Networks that tell new rows from others."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.special import ndtr

from netable.config.settings import Settings
from netable.errors import DataError, TrainingWarning, silence
from netable.explanation.cells import sample_rows
from netable.fit.fit import fit
from netable.model.model import Model

# Rows of each table that networks learn to tell apart.
_ROWS = 2_000
_FOLDS = 3
# The name of the column that they predict, which no table has.
_LABEL = "table\N{INFORMATION SEPARATOR ONE}"


def tell_apart(model: Model, before: pa.Table, now: pa.Table, seed: int = 0) -> tuple[float, float] | None:
    """How well networks tell the rows of two tables from each other, by the columns of a model but dates.

    Returns
    -------
    auc : float
        The area under the ROC curve on rows that the networks have not seen; 0.5 if they cannot tell.
    chance : float
        The probability of such an area, or a greater one, if both tables are of one source (Mann and Whitney).

    None if there is no column, or there are too few rows.
    """
    names = [column.name for column in model.schema.used if column.selected_as != "timestamp"]
    parts = [table.select(names).take(sample_rows(table.num_rows, _ROWS, seed)) for table in (before, now)]
    rows = [len(part) for part in parts]
    table = pa.concat_tables(parts).append_column(_LABEL, pa.array(np.repeat(["before", "now"], rows)))
    kinds = {name: kind for name, kind in model.recipe.kinds.items() if name in names}
    settings = Settings(target=_LABEL, kinds=kinds, effort="fast", folds=_FOLDS, seed=seed)
    try:
        with silence(), silence(TrainingWarning):
            auc = fit(table, settings).results["valid"].get("roc_auc")
    except DataError:
        return None
    deviation = np.sqrt((sum(rows) + 1) / (12 * rows[0] * rows[1]))
    return None if auc is None else (float(auc), float(ndtr(-(auc - 0.5) / deviation)))

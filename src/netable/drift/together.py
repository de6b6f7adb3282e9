"""Networks that tell new rows from others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtr

from netable.config.settings import Settings
from netable.errors import DataError, TrainingWarning, silence
from netable.explanation.cells import sample_rows
from netable.fit.fit import fit
from netable.model.model import Model
from netable.model.row_sketch import hash_rows
from netable.table.encode import Encoded

# Rows of each table that networks learn to tell apart.
_ROWS = 2_000
_FOLDS = 3
# The column that they predict, and that of equal rows, which stay together in a fold: a row that both tables have would
# tell of its twin. No table has such names.
_LABEL, _EQUAL = "table\N{INFORMATION SEPARATOR ONE}", "row\N{INFORMATION SEPARATOR ONE}"


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
    tables = [table.take(sample_rows(table.num_rows, _ROWS, seed)) for table in (before, now)]
    parts = [table.select(names) for table in tables]
    rows = [len(part) for part in parts]
    if not names:
        return None
    encoded = [model.encode(part, warns=False) for part in tables]
    spans = [model.encoder.spans[name] for name in names]
    equal = np.concatenate([_hashes(one, spans) for one in encoded])
    table = pa.concat_tables(parts).append_column(_LABEL, pa.array(np.repeat(["before", "now"], rows)))
    table = table.append_column(_EQUAL, pa.array(equal))
    kinds = {name: kind for name, kind in model.recipe.kinds.items() if name in names}
    settings = Settings(
        target=_LABEL, group_column=_EQUAL, kinds=kinds, effort="fast", folds=_FOLDS, seed=seed
    )
    try:
        with silence(), silence(TrainingWarning):
            auc = fit(table, settings).results["valid"].get("roc_auc")
    except DataError:
        return None
    deviation = np.sqrt((sum(rows) + 1) / (12 * rows[0] * rows[1]))
    return None if auc is None else (float(auc), float(ndtr(-(auc - 0.5) / deviation)))


def _hashes(encoded: Encoded, spans: Sequence[tuple[slice, slice]]) -> NDArray[np.float64]:
    """A whole number for each row, equal for rows with the same cells in these columns: (rows,)."""
    numbers, codes = (
        np.concatenate([part[:, span[i]] for span in spans], 1) for i, part in enumerate(encoded[:2])
    )
    return (hash_rows(Encoded(numbers, codes)) >> np.uint64(12)).astype(np.float64)

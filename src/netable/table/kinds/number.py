"""Numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from netable.table.kinds.column import Column

_FAR_OUT = "Values far outside the rest, perhaps slips or codes for missing: {}."
# Beyond this, squares no longer fit into a 32-bit number.
_HUGE = 1e30
# A value this many times further out than the middle nine tenths are wide is more often a slip than a fact.
_TIMES_OUTSIDE = 1e6
_SAMPLE = 10_000  # rows


@dataclass(frozen=True)
class Number(Column):
    """A number, given to the network as it is."""

    kind = "number"
    inferred_from = ("number",)
    is_raw = True
    is_continuous = True

    def oddity(self, selected: pa.ChunkedArray, *, is_chosen: bool) -> str:
        """Values far out."""
        return _FAR_OUT if _is_far_out(selected.to_numpy()) else ""

    def seen_as(self, levels: tuple[str, ...]) -> str:
        """Scaled numbers."""
        return f"scaled, without {self.form}" if self.form else "scaled"


def _is_far_out(values: np.ndarray) -> bool:
    values = values[~np.isnan(values)]
    if not len(values):
        return False
    low, high = float(values.min()), float(values.max())
    if max(abs(low), abs(high)) > _HUGE:
        return True
    least, middle, most = np.quantile(values[:: max(1, len(values) // _SAMPLE)], (0.05, 0.5, 0.95))
    return bool(most > least and max(high - middle, middle - low) > _TIMES_OUTSIDE * (most - least))

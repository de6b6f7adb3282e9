"""How rows have moved since training: columns, predictions, columns together, errors; and whether it matters."""

from netable.drift.page import write_drift_page
from netable.drift.result import ColumnDrift, Drift, ErrorDrift, OutcomeDrift, TogetherDrift
from netable.drift.run import monitor, monitor_table

__all__ = [
    "ColumnDrift",
    "Drift",
    "ErrorDrift",
    "OutcomeDrift",
    "TogetherDrift",
    "monitor",
    "monitor_table",
    "write_drift_page",
]

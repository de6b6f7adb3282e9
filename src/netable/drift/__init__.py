"""How rows have moved since training: columns, predictions, columns together, errors; and whether it matters."""

from netable.drift.monitor import monitor, monitor_table
from netable.drift.page import write_drift_page
from netable.drift.result import ColumnDrift, Drift, ErrorDrift, OutcomeDrift, TogetherDrift

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

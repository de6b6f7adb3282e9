"""Methods beside each other on the same folds of one table, and what can be said of the difference."""

from netable.comparison.result import Comparison, Difference, MethodResult
from netable.comparison.run import Turn, compare, compare_table

__all__ = ["Comparison", "Difference", "MethodResult", "Turn", "compare", "compare_table"]

"""Comparison of methods on the same folds of a table, with tests of the differences."""

from netable.comparison.result import Comparison, Difference, MethodResult
from netable.comparison.run import Turn, compare, compare_table

__all__ = ["Comparison", "Difference", "MethodResult", "Turn", "compare", "compare_table"]

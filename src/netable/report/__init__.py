"""The report: one page that shows how good a model is, and why."""

from netable.report.document import write

__all__ = ["write"]

"""The report: one page that shows how good a model is, and why."""

from netable.report.document import write_report, write_table_report

__all__ = ["write_report", "write_table_report"]

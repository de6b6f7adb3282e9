"""The report: one page that shows how good a model is, and why."""

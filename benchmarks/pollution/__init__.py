"""Broken text files read by netable, DuckDB and pandas."""

"""DuckDB, which scans text and runs queries: with no more threads and memory than this process may use."""

from __future__ import annotations

import duckdb

from netable.machine import allowed_threads, usable_memory

# The share of the memory that DuckDB may take, as it would have it of the whole machine.
MEMORY_SHARE = 0.8


def connect() -> duckdb.DuckDBPyConnection:
    """A database in memory, of its own, that installs no extension and sees no variable of Python's."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
        "threads": allowed_threads(),
    }
    memory = usable_memory()
    if memory:
        settings["memory_limit"] = f"{int(MEMORY_SHARE * memory)}B"
    return duckdb.connect(config=settings)

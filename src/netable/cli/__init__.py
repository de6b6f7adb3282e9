"""The terminal: one file a verb."""

from netable.cli.app import main

__all__ = ["main"]

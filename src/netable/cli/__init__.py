"""The terminal: one file a verb."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line; a mistake ends with one line and exit code 2, Ctrl-C with 130."""
    import sys

    try:
        from netable.cli.app import run_program

        sys.exit(run_program(sys.argv[1:]))
    except KeyboardInterrupt:  # before there was anything to stop
        sys.exit(130)

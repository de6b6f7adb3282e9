"""The terminal: one file a verb."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line; a mistake ends with one line and exit code 2, Ctrl-C with 130."""
    import sys

    try:
        import signal

        # While modules are imported there is nothing to stop but the program itself.
        mine = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if mine:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:
        sys.exit(130)
    from netable.cli.app import run_program

    sys.exit(run_program(sys.argv[1:], ctrl_c=mine))

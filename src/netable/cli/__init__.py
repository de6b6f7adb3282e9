"""The terminal: one file a verb."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line; an error ends with one line and exit code 2, Ctrl-C with 130."""
    import sys

    try:
        import signal

        # A shell that has put the program into the background lets it ignore Ctrl-C.
        hears_ctrl_c = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if hears_ctrl_c:
            # While modules are imported there is nothing to stop but the program itself.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:
        sys.exit(130)
    from contextlib import nullcontext

    from netable.cli.app import USER_ERROR, run
    from netable.cli.streams import INTERRUPTED, flush_streams, handle_ctrl_c, steady_streams

    steady_streams()
    with handle_ctrl_c() if hears_ctrl_c else nullcontext():
        try:
            code = run(sys.argv[1:])
        except KeyboardInterrupt:
            code = INTERRUPTED
    sys.exit(code if flush_streams() or code else USER_ERROR)

"""The terminal: one file a verb."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line. Errors print one line and exit with code 2, Ctrl-C exits with 130."""
    import sys

    try:
        import signal

        # A program in the background of a shell ignores Ctrl-C.
        obeys_ctrl_c = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if obeys_ctrl_c:
            # During the imports below, Ctrl-C ends the program at once.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
    except KeyboardInterrupt:
        sys.exit(130)
    from contextlib import nullcontext

    from netable.cli import imports

    imports.collect_rarely()
    from netable.cli.app import USER_ERROR, run
    from netable.cli.start import mark_began
    from netable.cli.streams import INTERRUPTED, flush_streams, handle_ctrl_c, steady_streams
    from netable.system.machine import process_began
    from netable.system.openmp import let_threads_sleep

    mark_began(process_began())
    steady_streams()
    if sys.argv[1:2] != ["compare"]:  # other libraries take frames of pandas, and all cores
        imports.hide_pandas()
        imports.compute_in_one_thread()
        let_threads_sleep()
    with handle_ctrl_c() if obeys_ctrl_c else nullcontext():
        try:
            code = run(sys.argv[1:])
        except KeyboardInterrupt:
            code = INTERRUPTED
    imports.end_without_collecting()
    sys.exit(code if flush_streams() or code else USER_ERROR)

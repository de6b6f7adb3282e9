"""Robust standard streams, and handling of Ctrl-C."""

from __future__ import annotations

import codecs
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

# Exit code of a program that Ctrl-C has ended.
INTERRUPTED = 130
# Seconds until Ctrl-C is tried again.
_RETRY = 0.05


def steady_streams() -> None:
    """Make the standard streams reliable, at the start of a program.

    Closed ones are opened for reading, so that no other file gets their number and their output; writing stays an
    error. All are buffered, because an unbuffered stream loses the rest of a partial write. Characters that an encoding
    lacks are shown by their numbers.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # gets the lowest free number
    sys.stdout = _steady(sys.stdout, 1)
    sys.stderr = _steady(sys.stderr, 2)


def flush_streams() -> bool:
    """Flush the streams; drop the output and return False if that fails, so that Python does not fail at exit."""
    complete = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            complete = False
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return complete


@contextmanager
def handle_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt in the block, but not during an import, and end the program after the block.

    An interrupted import can crash a compiled library. A second Ctrl-C does not wait for the import.
    """
    if not hasattr(signal, "setitimer"):  # Windows has no timer to wait for imports with
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        return
    waiting = False

    def retry() -> None:
        nonlocal waiting
        waiting = True
        # A timer of `threading` needs locks that the interrupted thread may hold.
        signal.setitimer(signal.ITIMER_REAL, _RETRY)

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal waiting
        if number == signal.SIGINT and waiting:
            _end_now()
        if _imports(frame):
            retry()
        else:
            waiting = False
            raise KeyboardInterrupt

    def on_unraisable(ignored: UnraisableHookArgs) -> None:
        if issubclass(ignored.exc_type, KeyboardInterrupt):  # a destructor has swallowed it
            retry()

    before, sys.unraisablehook = sys.unraisablehook, on_unraisable
    signal.signal(signal.SIGALRM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        # Nothing catches exceptions while Python shuts down.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = before


def _end_now() -> None:
    if os.isatty(2):
        os.write(2, b"\x1b[?25h")  # show the cursor, which a progress bar may have hidden
    os._exit(128 + signal.SIGINT)


def is_utf8(stream: TextIO) -> bool:
    """True if a stream can encode every character."""
    with suppress(LookupError, TypeError, AttributeError):
        return codecs.lookup(stream.encoding).name == "utf-8"
    return False


def _imports(frame: FrameType | None) -> bool:
    """True while a module is being imported."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _steady(stream: TextIO | None, descriptor: int) -> TextIO:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return open(descriptor, "w", buffering=1, encoding=encoding, errors="backslashreplace", closefd=False)

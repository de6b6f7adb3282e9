"""Standard streams that work whatever they are connected to, and Ctrl-C."""

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

# Exit code that shells expect of a program that Ctrl-C has ended.
INTERRUPTED = 130
# Seconds after which Ctrl-C is tried again.
_AGAIN = 0.05


def steady_streams() -> None:
    """Make the standard streams reliable, at the start of a program.

    Closed ones are opened, so that no other file takes their number and receives the output; writing to them stays an
    error. All are buffered, because an unbuffered one loses the rest of a text that a pipe or a disk takes in part.
    Characters that an encoding lacks are shown by their numbers.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # takes the lowest number that is free
    sys.stdout = _steady(sys.stdout, 1)
    sys.stderr = _steady(sys.stderr, 2)


def flush_streams() -> bool:
    """Write out all output; return False, and drop the rest, where Python would end with a traceback."""
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
    """Let Ctrl-C raise KeyboardInterrupt in the block, after any import, and end the program at once after the block.

    An import that an exception leaves midway fails in any way, and in compiled libraries takes the process down. A
    second Ctrl-C does not wait for the import.
    """
    if not hasattr(
        signal, "setitimer"
    ):  # Windows: nothing to try again with, so that imports are not waited for
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        return
    waiting = False

    def later() -> None:
        nonlocal waiting
        waiting = True
        # No timer of `threading`: it needs locks that the interrupted thread may hold.
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal waiting
        if number == signal.SIGINT and waiting:
            _end_now()
        if _imports(frame):
            later()
        else:
            waiting = False
            raise KeyboardInterrupt

    def hear(ignored: UnraisableHookArgs) -> None:
        if issubclass(ignored.exc_type, KeyboardInterrupt):  # what a destructor has swallowed
            later()

    before, sys.unraisablehook = sys.unraisablehook, hear
    signal.signal(signal.SIGALRM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        # While Python shuts down, nothing would catch what Ctrl-C raises.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = before


def _end_now() -> None:
    if os.isatty(2):
        os.write(2, b"\x1b[?25h")  # a progress bar may have hidden the cursor
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
    return open(
        descriptor,
        "w",
        buffering=1,
        encoding=encoding,
        errors="backslashreplace",
        newline=None,
        closefd=False,
    )

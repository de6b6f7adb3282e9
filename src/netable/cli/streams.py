"""The standard streams as a program can rely on them: there, buffered, and with room for any letter."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import TextIO


def steady_streams() -> None:
    """Put the standard streams in order, at the start of a program.

    What is closed is opened, so that no other file takes its number and gets what is printed; writing to it stays an
    error. What is not buffered would lose the rest of what a pipe or a disk takes in part. What an encoding lacks is
    shown by its number.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # takes the lowest number that is free
    sys.stdout = _steady(sys.stdout, 1)
    sys.stderr = _steady(sys.stderr, 2)


def let_go() -> bool:
    """Whether all that was shown is out; if it cannot be, it is dropped, where Python would end with a traceback."""
    complete = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            complete = False
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return complete


def is_utf8(stream: TextIO) -> bool:
    """Whether a stream takes every letter."""
    with suppress(LookupError, TypeError, AttributeError):
        return codecs.lookup(stream.encoding).name == "utf-8"
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

"""Training in processes of their own: the command that is typed at the terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


class Processes:
    """The processes that were started here, by the name of their run.

    They go on when the page is stopped, because they have a session of their own: Ctrl-C there does not reach them.
    """

    def __init__(self) -> None:
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, run: str, arguments: Sequence[str], log: Path) -> None:
        """Start `netable` with arguments; what it says on standard error is in the log."""
        with log.open("wb") as file:
            self._started[run] = subprocess.Popen(
                command(arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=file,
                start_new_session=True,
            )

    def pid(self, run: str) -> int | None:
        """The process of a run as long as it goes on; None if it has ended, or was not started here."""
        started = self._started.get(run)
        return started.pid if started and started.poll() is None else None


def command(arguments: Sequence[str]) -> list[str]:
    """The command of the terminal, of this Python."""
    return [sys.executable, "-m", "netable", *arguments]


def is_alive(pid: int) -> bool:
    """True if there is a process of this number; only POSIX systems can be asked."""
    if os.name != "posix":  # there, the question would end it
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is another user's
        return True
    return True


def interrupt(pid: int) -> None:
    """Stop a process as Ctrl-C does."""
    os.kill(pid, signal.SIGINT)


def call(arguments: Sequence[str], log: Path) -> int:
    """Run `netable` to its end; its exit code. What it says on standard error is in the log."""
    with log.open("wb") as file:
        ended = subprocess.run(
            command(arguments), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=file, check=False
        )
    return ended.returncode


def last_error(log: Path) -> str:
    """The error with which a command has ended, from its log; empty if there is none."""
    lines = _lines(log)
    errors = [line.removeprefix("netable: ") for line in lines if line.startswith("netable: ")]
    return errors[-1] if errors else ""


def notes(log: Path) -> list[str]:
    """The notes that a command has written to its log."""
    return [line.removeprefix("note: ") for line in _lines(log) if line.startswith("note: ")]


def _lines(log: Path) -> list[str]:
    try:
        return log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []

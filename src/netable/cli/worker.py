"""One of the workers that share a command on this machine, as torch's elastic agent starts it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import sleep

from netable.cli.start import mark_began
from netable.compute.executor import LOST, rank, restarts

_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of Linux
_LOOK_SECONDS = 0.02


def work(run: Callable[[], None], codes: str, agent: str, began: str, *command: str) -> None:
    """Run a command by `netable.cli.main`, and leave its exit code in a folder.

    The agent, which started this process, would take any exit code but 0 for a lost worker. Nothing slow is imported
    before this process is tied to it: torch takes seconds, on a busy machine a minute.
    """
    _end_with(int(agent))
    mark_began(float(began))
    sys.argv[1:] = command
    code = 0
    try:
        run()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    if code == LOST:
        os._exit(LOST)
    with suppress(KeyboardInterrupt):  # the agent has it, too, and ends all
        _leave(Path(codes, str(restarts())), code)


def code_of_first(codes: Path) -> int:
    """The exit code of the first of the workers that were started last."""
    last = max(codes.iterdir(), key=lambda folder: int(folder.name))
    return int((last / "0").read_text(encoding="utf-8"))


def _end_with(agent: int) -> None:
    """End this process with the one that has started it, whatever this one does then."""
    with suppress(ImportError, OSError, AttributeError, TypeError):  # only Linux has it
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGKILL)
        if os.getppid() != agent:  # it has died before
            os._exit(LOST)


def _leave(codes: Path, code: int) -> None:
    """Wait until all have a code: the first may keep the store in which the others read why it ends."""
    codes.mkdir(exist_ok=True)
    (codes / str(rank())).write_text(str(code), encoding="utf-8")
    while len(os.listdir(codes)) < int(os.environ["WORLD_SIZE"]):
        sleep(_LOOK_SECONDS)

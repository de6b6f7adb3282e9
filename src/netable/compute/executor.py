"""Where independent jobs run: in threads of this process, or also in other processes that were started with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Event
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from torch import Tensor

# The exit code of a process that has lost another one, or the job: whoever started it may start all of them again.
LOST = 75


def started_together() -> bool:
    """True if this process was started as one of several: by `torchrun` or another starter of workers."""
    return "RANK" in os.environ and os.environ.get("WORLD_SIZE", "1") != "1"


def rank() -> int:
    """The number of this process among those that were started together, from 0."""
    return int(os.environ["RANK"]) if started_together() else 0


def beside() -> int:
    """The processes of this machine that were started together, this one included."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if started_together() else 1


def restarts() -> int:
    """How often torch's elastic agent has started the workers again."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


class Team:
    """This process alone, or several that train the same networks, each on its part of the rows.

    Attributes
    ----------
    rank, size : int
        The number of this process among them, from 0, and how many there are.
    """

    rank: int = 0
    size: int = 1

    def part(self, count: int) -> slice:
        """The part of so many rows that this process has: all parts have nearly the same size."""
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def add_up(self, tensor: Tensor) -> None:
        """Replace a tensor by its sum over all processes, the same bits in each; all of them have to call this."""

    def any(self, condition: bool) -> bool:
        """True if the condition holds in one of the processes; all of them have to call this."""
        return condition


SOLO = Team()


class Executor:
    """This process alone; `netable.compute.workers.Workers` is a group of processes.

    What calls it does not know which of the two it has: it trains its share, by `rank` and `size`, and gives the
    results to `exchange`.

    Attributes
    ----------
    rank, size : int
        The number of this process among all, from 0, and how many there are.
    """

    rank: int = 0
    size: int = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the group."""

    @property
    def is_first(self) -> bool:
        """True for the one process that writes and prints."""
        return self.rank == 0

    def exchange(self, content: bytes = b"") -> list[bytes]:
        """Wait until every process of the group calls this, and return what each of them gives, by rank."""
        return [content]

    def team(self, teams: Sequence[Sequence[int]]) -> Team:
        """The one of these teams, given by the ranks of their processes, that this process is in; else it is alone.

        Every process of the group calls this with the same teams.
        """
        return SOLO

    def post(self, key: str, content: bytes) -> None:
        """Let the other processes `read` this, whenever they want to."""

    def read(self, rank: int, key: str, stop: Event | None = None) -> bytes:
        """What another process has posted, or will post; KeyboardInterrupt once `stop` is set."""
        raise LookupError(f"There is no process {rank} beside this one.")

    def end(self, key: str, error: BaseException | None) -> None:
        """Let other processes know that nothing more is posted under keys that begin with this one."""


ALONE = Executor()

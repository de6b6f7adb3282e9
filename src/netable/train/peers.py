"""Several processes that train the members of one stack: what one of them measures, all of them know."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event
from types import TracebackType
from typing import Self

from netable.compute.executor import SOLO, Executor, Team


class Peers:
    """The processes that train a stack together, each some of its members.

    No gradient is exchanged, only a few numbers after each epoch, such as the losses of held-out rows, by which all
    members stop together. All processes share at the same points of the run.

    Parameters
    ----------
    executor : Executor
    name : str
        That of the stack, the same in all processes.
    members : mapping of int to sequences
        The members that the process of each rank trains; of a team that of the first one.
    team : Team
        The processes that train the same members as this one, each on its part of the rows.
    first : int, optional
        The rank of the first process of the team; if None that of this one.
    """

    def __init__(
        self,
        executor: Executor,
        name: str,
        members: Mapping[int, Sequence[int]],
        team: Team = SOLO,
        first: int | None = None,
    ) -> None:
        self.members, self.team = members, team
        self.first = executor.rank if first is None else first
        self.stop: Event | None = None
        self._executor, self._name = executor, name
        self._count = 0

    @property
    def mine(self) -> Sequence[int]:
        """The members that this process trains."""
        return self.members[self.first]

    @property
    def is_first(self) -> bool:
        """True for the one process of the team that writes."""
        return self._executor.rank == self.first

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_first:
            self._executor.end(self._name, error)

    def share(self, values: Sequence[float]) -> dict[int, list[float]]:
        """The values of each process, by rank; each shares equally often. Those of a team are those of its first one.

        Raises
        ------
        KeyboardInterrupt
            If `stop` is set, or another process was interrupted.
        """
        key = f"{self._name}/{self._count}"
        self._count += 1
        mine, given = list(values), None
        if self.is_first:
            self._executor.post(key, array("d", mine).tobytes())
        with suppress(KeyboardInterrupt):  # until the whole team knows
            given = {
                rank: mine if rank == self._executor.rank else self._read(rank, key) for rank in self.members
            }
        if self.team.any(given is None) or given is None:
            raise KeyboardInterrupt
        return given

    def _read(self, rank: int, key: str) -> list[float]:
        values = array("d")
        values.frombytes(self._executor.read(rank, key, self.stop))
        return values.tolist()

"""Several processes that train the members of one stack: what one of them measures, all of them know."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Event
from types import TracebackType
from typing import Any, Self

from netable.compute.executor import SOLO, Executor, Team


class Peers:
    """The processes that train a stack together, each some of its members.

    No gradient is exchanged, only a few numbers after each epoch: the losses of held-out rows, by which all members
    stop together. What was shared is a part of a checkpoint, so processes that resume from different epochs find what
    the others had shared.

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
        self._shared: list[list[float]] = []

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
        number = len(self._shared)
        self._shared.append(list(values))
        self._post(number)
        given = None
        with suppress(KeyboardInterrupt):  # until the whole team knows
            given = {
                rank: self._shared[number] if rank == self._executor.rank else self._read(rank, number)
                for rank in self.members
            }
        if self.team.any(given is None) or given is None:
            raise KeyboardInterrupt
        return given

    def state_dict(self) -> dict[str, Any]:
        """All that this process has shared."""
        return {"shared": self._shared}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Share it once more: others may be behind."""
        self._shared = [list(values) for values in state["shared"]]
        for number in range(len(self._shared)):
            self._post(number)

    def _post(self, number: int) -> None:
        if self.is_first:
            self._executor.post(f"{self._name}/{number}", array("d", self._shared[number]).tobytes())

    def _read(self, rank: int, number: int) -> list[float]:
        values = array("d")
        values.frombytes(self._executor.read(rank, f"{self._name}/{number}", self.stop))
        return values.tolist()

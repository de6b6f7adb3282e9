"""Several processes of a group, played by threads of this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError, Condition, Event
from typing import TypeVar

import torch
from torch import Tensor

from netable.compute.executor import SOLO, Executor, Team

T = TypeVar("T")


class Board:
    """What the players have posted, and given in exchanges."""

    def __init__(self, size: int) -> None:
        self.posted: dict[tuple[int, str], bytes] = {}
        self.changed = Condition()
        self.given: list[bytes] = [b""] * size
        self.barrier = Barrier(size, timeout=60)
        self.teams: dict[tuple[int, ...], Table] = {}


class Table:
    """What the players of a team have given."""

    def __init__(self, size: int) -> None:
        self.given: list[Tensor] = [torch.empty(0)] * size
        self.barrier = Barrier(size, timeout=60)


class PlayerTeam(Team):
    """One of the players of a team."""

    def __init__(self, table: Table, rank: int) -> None:
        self.table, self.rank, self.size = table, rank, len(table.given)

    def add_up(self, tensor: Tensor) -> None:
        self.table.given[self.rank] = tensor.clone()
        self.table.barrier.wait()
        tensor.copy_(torch.stack(self.table.given).sum(0))
        self.table.barrier.wait()

    def any(self, condition: bool) -> bool:
        count = torch.tensor(float(condition))
        self.add_up(count)
        return bool(count)


def teams_of(size: int) -> list[Team]:
    """The processes of a team, each by itself."""
    table = Table(size)
    return [PlayerTeam(table, rank) for rank in range(size)]


class Player(Executor):
    """One of the processes."""

    def __init__(self, board: Board, rank: int, size: int) -> None:
        self.board, self.rank, self.size = board, rank, size

    def exchange(self, content: bytes = b"") -> list[bytes]:
        self.board.given[self.rank] = content
        self.board.barrier.wait()
        given = list(self.board.given)
        self.board.barrier.wait()
        return given

    def team(self, teams: Sequence[Sequence[int]]) -> Team:
        for ranks in map(tuple, teams):
            if self.rank in ranks:
                table = self.board.teams.setdefault(ranks, Table(len(ranks)))
                return PlayerTeam(table, ranks.index(self.rank))
        return SOLO

    def post(self, key: str, content: bytes) -> None:
        with self.board.changed:
            self.board.posted[self.rank, key] = content
            self.board.changed.notify_all()

    def read(self, rank: int, key: str, stop: Event | None = None) -> bytes:
        ends = rank, key.rpartition("/")[0]

        def is_there() -> bool:
            return (
                (rank, key) in self.board.posted or ends in self.board.posted or bool(stop and stop.is_set())
            )

        with self.board.changed:
            assert self.board.changed.wait_for(is_there, timeout=60)
        if (rank, key) not in self.board.posted:
            raise KeyboardInterrupt
        return self.board.posted[rank, key]

    def end(self, key: str, error: BaseException | None) -> None:
        self.post(key, repr(error).encode())


def together(size: int, run: Callable[[Executor], T]) -> list[T]:
    """Run this as each of so many processes; the results by rank."""
    board = Board(size)

    def play(rank: int) -> T:
        try:
            return run(Player(board, rank, size))
        except BaseException:
            board.barrier.abort()
            for table in board.teams.values():
                table.barrier.abort()
            raise

    with ThreadPoolExecutor(size) as threads:
        playing = [threads.submit(play, rank) for rank in range(size)]
        errors = [error for player in playing if (error := player.exception())]
    for error in sorted(errors, key=lambda error: isinstance(error, BrokenBarrierError)):
        raise error  # that of a player whom others have waited for comes last
    return [player.result() for player in playing]

"""Several processes that train together, made into a group by torch.distributed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import NoReturn, Self

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.rendezvous import rendezvous

from netable import errors
from netable.compute.executor import LOST, SOLO, Executor, Team, beside
from netable.compute.meeting import LOOK_SECONDS, START_SECONDS, meet, taken
from netable.errors import UserError, WorkerError

# Seconds between two signs of life; and how many of its own a worker sends without one of another before it gives up:
# enough for a busy machine, and few enough that the job goes on within a minute.
BEAT, MISSED_BEATS = 1.0, 12
# Seconds for one transfer.
TRANSFER_SECONDS = 600.0


class WorkerTeam(Team):
    """Workers that train the same networks, each on its part of the rows.

    Parameters
    ----------
    ranks : sequence of int
        Of all workers in it.
    """

    def __init__(self, workers: Workers, ranks: Sequence[int], group: dist.ProcessGroup) -> None:
        self.rank, self.size = ranks.index(workers.rank), len(ranks)
        self._workers, self._ranks, self._group = workers, ranks, group

    def add_up(self, tensor: Tensor) -> None:
        """Replace a tensor by its sum over all workers, the same bits in each; all of them have to call this.

        Raises
        ------
        Exception
            As in `Workers.exchange`.
        """
        try:
            dist.all_reduce(tensor, group=self._group)
        except RuntimeError as error:
            self._workers.raise_of(self._ranks)
            raise WorkerError(f"A worker was lost in a step: {_first_line(error)}.") from error

    def any(self, condition: bool) -> bool:
        """True if the condition holds in one of the workers; all of them have to call this."""
        count = torch.tensor(float(condition))
        self.add_up(count)
        return bool(count)


class Workers(Executor):
    """The processes of a job, as the environment describes them (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT).

    Within the block each of them shows the others that it is alive. One that finds another one hanging, or the job
    gone, ends its process with the exit code `LOST`. An error that ends the block in one is raised in all others when
    they wait for it.

    Parameters
    ----------
    job : str
        What all workers of the job have in common, and other jobs have not.

    Raises
    ------
    WorkerError
        On entry, if the others cannot be reached.
    """

    def __init__(self, job: str = "") -> None:
        self._job = job
        self.rank, self.size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        self._exchanges = 0
        self._groups: dict[tuple[int, ...], dist.ProcessGroup] = {}
        self._is_interrupted = False
        self._left = Event()
        self._beats = 0
        self._beating = Thread(target=self._beat, name="netable_beat", daemon=True)
        self._watching = Thread(target=self._watch, name="netable_watch", daemon=True)

    def __enter__(self) -> Self:
        self._makes_group = not dist.is_initialized()
        try:
            store, *_ = next(rendezvous("env://", timeout=timedelta(seconds=START_SECONDS)))
            self._store = meet(store, self.rank, self.size, self._job)
            limit = timedelta(seconds=TRANSFER_SECONDS)
            if self._makes_group:
                dist.init_process_group(
                    "gloo", store=self._store, rank=self.rank, world_size=self.size, timeout=limit
                )
            self._group = None if self._makes_group else dist.new_group(backend="gloo", timeout=limit)
        except (RuntimeError, ValueError) as error:
            if self.is_first and "EADDRINUSE" in str(error):
                raise WorkerError(taken()) from error
            raise WorkerError(f"The other workers cannot be reached: {_first_line(error)}.") from error
        self._beating.start()
        self._watching.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(RuntimeError):  # the others, or their store, are gone
            self._store.set(_key("left", self.rank), _described(error))
            if self.is_first and not error:  # it may keep the store, which the others need until they leave
                self._wait_for_others()
        self._left.set()
        if self._makes_group:
            dist.destroy_process_group()

    def exchange(self, content: bytes = b"") -> list[bytes]:
        """Wait until every process of the group calls this, and return what each of them gives, by rank.

        Raises
        ------
        Exception
            That with which a process has left the group; a RuntimeError if it is neither Ctrl-C nor a UserError.
        WorkerError
            If a process has left, or what it gives does not arrive.
        """
        self._exchanges += 1
        self.post(f"exchange/{self._exchanges}", str(len(content)).encode())
        sizes = [int(self._patiently(rank, f"exchange/{self._exchanges}")) for rank in range(self.size)]
        longest = max(sizes)
        if not longest:
            return [b""] * self.size
        parts = [torch.empty(longest, dtype=torch.uint8) for _ in sizes]
        mine = torch.frombuffer(bytearray(content.ljust(longest)), dtype=torch.uint8)
        try:
            dist.all_gather(parts, mine, group=self._group)
        except RuntimeError as error:
            raise WorkerError(f"A worker was lost in a transfer: {_first_line(error)}.") from error
        return [part[:size].numpy().tobytes() for part, size in zip(parts, sizes, strict=True)]

    def team(self, teams: Sequence[Sequence[int]]) -> Team:
        """The one of these teams, given by the ranks of their workers, that this worker is in; else it is alone.

        Every worker calls this with the same teams.
        """
        mine = SOLO
        for ranks in map(tuple, teams):
            if ranks not in self._groups:
                limit = timedelta(seconds=TRANSFER_SECONDS)
                self._groups[ranks] = dist.new_group(list(ranks), backend=_backend(), timeout=limit)
            if self.rank in ranks:
                mine = WorkerTeam(self, ranks, self._groups[ranks])
        return mine

    def raise_of(self, ranks: Sequence[int]) -> None:
        """Raise the error with which one of these workers has left, if one has."""
        for rank in ranks:
            if self._has(left := _key("left", rank)):
                _raise_again(rank, self._store.get(left))

    def post(self, key: str, content: bytes) -> None:
        """Let the other processes `read` this, whenever they want to."""
        try:
            self._store.set(_key("posted", self.rank, key), content)
        except RuntimeError as error:
            raise WorkerError(f"The other workers cannot be reached: {_first_line(error)}.") from error

    def read(self, rank: int, key: str, stop: Event | None = None) -> bytes:
        """What another process has posted, or will post; see `exchange` for the errors raised.

        Raises
        ------
        KeyboardInterrupt
            If `stop` is set, or the other process has ended this without an error.
        """
        name, _, _ = key.rpartition("/")
        posted, ends = _key("posted", rank, key), (_key("ended", rank, name), _key("left", rank))
        began = monotonic()
        while True:
            if stop and stop.is_set():
                raise KeyboardInterrupt
            ended = next((end for end in ends if self._has(end)), None)
            if self._has(posted):
                return bytes(self._store.get(posted))
            if ended:
                _raise_again(rank, self._store.get(ended))
            sleep(min(LOOK_SECONDS, (monotonic() - began) / 4))

    def end(self, key: str, error: BaseException | None) -> None:
        """Let other processes know that nothing more is posted under keys that begin with this one."""
        with suppress(RuntimeError):  # they are gone
            self._store.set(_key("ended", self.rank, key), _described(error or KeyboardInterrupt()))

    def _patiently(self, rank: int, key: str) -> bytes:
        """Read, though Ctrl-C comes: all processes get it, and those that train give what they have."""
        try:
            return self.read(rank, key)
        except KeyboardInterrupt:
            if self._is_interrupted:
                raise
            self._is_interrupted = True
            return self.read(rank, key)

    def _has(self, key: str) -> bool:
        try:
            return bool(self._store.check([key]))
        except RuntimeError as error:
            raise WorkerError(f"The other workers cannot be reached: {_first_line(error)}.") from error

    def _beat(self) -> None:
        """Show the others that this process is alive, and end it if one of them is not."""
        beats = {rank: (b"", 0) for rank in range(self.size) if rank != self.rank}
        while not self._left.wait(BEAT):
            self._beats += 1
            try:
                self._store.set(_key("beat", self.rank), str(self._beats))
                for rank, (last, missed) in list(beats.items()):
                    beat = _key("beat", rank)
                    now = self._store.get(beat) if self._store.check([beat]) else b""
                    if self._store.check([_key("left", rank)]):
                        del beats[rank]
                    else:  # counted in own beats: a machine that slept has missed none
                        beats[rank] = now, (missed + 1 if now == last else 0)
            except RuntimeError as error:
                self._give_up(f"the job is gone ({_first_line(error)})")
            for rank, (_, missed) in beats.items():
                if missed >= MISSED_BEATS:
                    self._give_up(f"worker {rank} has not answered for {BEAT * MISSED_BEATS:.0f} seconds")

    def _watch(self) -> None:
        """End this process if its own beats stop: the network to the store is cut, and no answer comes."""
        last, missed = -1, 0
        while not self._left.wait(BEAT):
            last, missed = self._beats, (missed + 1 if self._beats == last else 0)
            if missed >= MISSED_BEATS:
                self._give_up(f"the job has not answered for {BEAT * MISSED_BEATS:.0f} seconds")

    def _give_up(self, why: str) -> None:
        if self._left.is_set():  # a store that ends with the job is no loss
            return
        if self.is_first:
            with suppress(OSError):
                os.write(2, f"netable: {why}.\n".encode())
        os._exit(LOST)  # the main thread may be deep in a step, or wait for what never comes

    def _wait_for_others(self) -> None:
        while not self._store.check([_key("left", rank) for rank in range(1, self.size)]):
            sleep(LOOK_SECONDS)


def _backend() -> str:
    """Of the transfers of a team: NCCL between devices, if each worker of this machine has one of its own."""
    has_devices = torch.cuda.is_available() and torch.cuda.device_count() >= beside()
    return "cpu:gloo,cuda:nccl" if has_devices and dist.is_nccl_available() else "gloo"


def _key(name: str, *more: int | str) -> str:
    return "/".join([name, *map(str, more)])


def _described(error: BaseException | None) -> str:
    return json.dumps([type(error).__name__, str(error)] if error else [])


def _raise_again(rank: int, described: bytes) -> NoReturn:
    """Raise the error with which another process has left."""
    kind, text = (*json.loads(described), "", "")[:2]
    known = getattr(errors, kind, None)
    if kind == "KeyboardInterrupt":
        raise KeyboardInterrupt
    if isinstance(known, type) and issubclass(known, UserError):
        raise known(text)
    if kind:
        raise RuntimeError(f"{kind}: {text} (in worker {rank})")
    raise WorkerError(f"Worker {rank} has ended before the others.")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")

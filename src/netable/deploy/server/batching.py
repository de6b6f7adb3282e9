"""Requests gathered while earlier ones are computed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from netable.deploy.server.limits import too_busy

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Batcher(Generic[Asked, Told]):
    """A bounded queue before a function that answers many requests at once, in a thread.

    Requests that arrive while a batch is computed, which takes milliseconds, are the next batch. So a request at a
    quiet server waits for nobody, and a busy server has large batches.

    Parameters
    ----------
    work : callable
        From requests to their answers, in order; an exception in place of an answer is raised for that request alone.
    most_waiting : int
        Requests in the queue.
    most_together : int
        Requests in a batch.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Asked]], Sequence[Told | Exception]],
        *,
        most_waiting: int,
        most_together: int,
    ) -> None:
        self._work, self._most_waiting, self._most_together = work, most_waiting, most_together
        self._waiting: deque[tuple[Asked, asyncio.Future[Told]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return len(self._waiting)

    async def submit(self, asked: Asked) -> Told:
        """The answer to a request.

        Raises
        ------
        Refused
            If the queue is full.
        """
        if len(self._waiting) >= self._most_waiting:
            raise too_busy()
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._empty())
        return await future

    async def _empty(self) -> None:
        while self._waiting:
            count = min(len(self._waiting), self._most_together)
            taken = [self._waiting.popleft() for _ in range(count)]
            asked = [one for one, _ in taken]
            answers: Sequence[Told | Exception]
            try:
                answers = await asyncio.to_thread(self._work, asked)
            except Exception as error:
                answers = [error] * count
            for (_, future), answer in zip(taken, answers, strict=True):
                if future.done():  # its client is gone
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

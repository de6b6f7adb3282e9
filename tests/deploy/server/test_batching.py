from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from netable.deploy.server.batching import Batcher
from netable.deploy.server.limits import Refused


class Work:
    """Doubles numbers, each batch when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.let = threading.Semaphore(0)

    def __call__(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(numbers))
        assert self.let.acquire(timeout=60)
        return [ValueError(str(number)) if number < 0 else 2 * number for number in numbers]


def batcher(work: Work, *, most_waiting: int = 10, most_together: int = 4) -> Batcher[int, int]:
    return Batcher(work, most_waiting=most_waiting, most_together=most_together)


async def begun(work: Work, batches: int) -> None:
    while len(work.batches) < batches:
        await asyncio.sleep(0.001)


def test_submit__while_a_batch_is_computed__is_in_the_next_one() -> None:
    async def main() -> list[int]:
        gathered = batcher(work)
        first = asyncio.create_task(gathered.submit(1))
        await begun(work, 1)
        others = [asyncio.create_task(gathered.submit(number)) for number in (2, 3, 4, 5, 6)]
        await asyncio.sleep(0)
        assert gathered.waiting == 5
        work.let.release(3)
        return await asyncio.gather(first, *others)

    work = Work()
    assert asyncio.run(main()) == [2, 4, 6, 8, 10, 12]
    assert work.batches == [[1], [2, 3, 4, 5], [6]]


def test_submit__error_of_one__is_no_other_ones() -> None:
    async def main() -> list[int | BaseException]:
        gathered = batcher(work)
        work.let.release(2)
        return await asyncio.gather(*map(gathered.submit, (1, -2, 3)), return_exceptions=True)

    work = Work()
    first, second, third = asyncio.run(main())
    assert (first, third) == (2, 6)
    assert isinstance(second, ValueError)


def test_submit__work_that_fails__fails_its_batch_and_no_later_one() -> None:
    def work(numbers: Sequence[int]) -> list[int | Exception]:
        return [2 // number for number in numbers]

    async def main() -> None:
        gathered: Batcher[int, int] = Batcher(work, most_waiting=3, most_together=3)
        with pytest.raises(ZeroDivisionError):
            await gathered.submit(0)
        assert await gathered.submit(1) == 2

    asyncio.run(main())


@pytest.mark.bad_input(106)
def test_submit__full_queue__is_refused_with_a_time_to_come_back() -> None:
    async def main() -> None:
        gathered = batcher(work, most_waiting=2)
        first = asyncio.create_task(gathered.submit(1))
        await begun(work, 1)
        others = [asyncio.create_task(gathered.submit(number)) for number in (2, 3)]
        await asyncio.sleep(0)
        with pytest.raises(Refused) as caught:
            await gathered.submit(4)
        work.let.release(2)
        assert await asyncio.gather(first, *others) == [2, 4, 6]
        assert caught.value.status == 503
        assert caught.value.headers == {"retry-after": "1"}

    work = Work()
    asyncio.run(main())


def test_submit__client_that_is_gone__keeps_nobody_from_an_answer() -> None:
    async def main() -> None:
        gathered = batcher(work)
        gone = asyncio.create_task(gathered.submit(1))
        await begun(work, 1)
        gone.cancel()
        stays = asyncio.create_task(gathered.submit(2))
        work.let.release(2)
        assert await stays == 4

    work = Work()
    asyncio.run(main())

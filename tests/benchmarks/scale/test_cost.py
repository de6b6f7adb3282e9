from __future__ import annotations

import math

import pytest

from benchmarks.scale.constants import Constants, StackCost
from benchmarks.scale.cost import TERABYTE, Machines, Table, epoch_seconds, seconds_of_a_job, total

# An epoch of ten steps: 1 second however many members there are, and 2 for each.
STACK = StackCost(steps=10, batch_size=100, per_step=0.1, per_member=2.0, flops=2e6, weights=1000)
MACHINES = Machines(cores=1, network=1e6, latency=0.01, storage=1e9, disk=1e9)


@pytest.mark.parametrize(
    ("stacks", "workers", "seconds"),
    [
        (1, 1, 1 + 2 * 5),
        (2, 1, 2 * (1 + 2 * 5)),
        (2, 2, 1 + 2 * 5),  # a stack each
        (1, 2, 1 + 2 * 3 + 3 * 0.25),  # three members and two, and what they tell each other
        (1, 5, 1 + 2 + 3 * 0.25),
    ],
)
def test_epoch_seconds__stacks_on_workers__are_those_of_the_busiest(
    stacks: int, workers: int, seconds: float
) -> None:
    assert epoch_seconds([STACK] * stacks, 5, workers, latency=0.25) == pytest.approx(seconds)


def test_seconds_of_a_job__more_workers_than_members__send_gradients() -> None:
    constants = Constants(read=1e8, prepare=1e6, latency=0.01, network=1e6, stacks=(STACK,))
    table = Table(TERABYTE, rows=1000, columns=2)

    few, many = (seconds_of_a_job(constants, table, MACHINES, workers, members=4) for workers in (4, 8))

    # A row costs a member 2 ms (2 seconds for 1,000 rows), and each of four workers has one member.
    assert few["products"] == pytest.approx(2.0)
    assert (few["overhead of steps"], few["gradients"]) == (pytest.approx(1.0), 0.0)
    assert few["read"] == pytest.approx(TERABYTE / 4e8)
    # Two workers have half of each batch, and send half of 1,000 weights of 4 bytes twice in each of ten steps.
    assert many["products"] == pytest.approx(1.0)
    assert many["gradients"] == pytest.approx(10 * (2 * 4 * 1000 / 2 / 1e6 + 2 * math.log2(2) * 0.01))
    assert total(few) == pytest.approx(few["read"] + few["encode"] + 3.0)

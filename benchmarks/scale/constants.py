"""The constants of a model of cost, measured on this machine, by the processor's seconds of one thread."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, TypeVar

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.measurements import child_environment
from netable.compute.executor import ALONE
from netable.config.recipe import Recipe
from netable.config.settings import Settings
from netable.fit.members.member_rows import MemberRows, learn_member_statistics
from netable.fit.members.stack import train_stack
from netable.fit.preparation.prepare import Prepared, prepare
from netable.table.reading.read import read
from netable.train import step
from netable.train.peers import Peers

T = TypeVar("T")
# Epochs of the two runs whose difference is that of the epochs between them.
FEW, MANY = 2, 8
ROUNDS, TRANSFERRED = 200, 1 << 24


@dataclass(frozen=True)
class StackCost:
    """What training a stack costs.

    Attributes
    ----------
    steps : int
        In an epoch.
    batch_size : int
        Rows in a batch, of each member.
    per_step : float
        Seconds that a step takes however many members there are.
    per_member : float
        Seconds of an epoch that each member adds.
    flops : float
        Of a row and member, in a step: forward and backward.
    weights : int
        Of a member.
    """

    steps: int
    batch_size: int
    per_step: float
    per_member: float
    flops: float
    weights: int

    @property
    def flops_per_second(self) -> float:
        """Of one core, in the part of a step that grows with the number of members."""
        return self.flops * self.batch_size * self.steps / self.per_member


@dataclass(frozen=True)
class Constants:
    """What this machine takes.

    Attributes
    ----------
    read, prepare : float
        Bytes of a Parquet file that are read in a second, and cells that are prepared.
    latency : float
        Seconds until a few numbers of one worker are known to another one.
    network : float
        Bytes that go from one worker to another in a second.
    stacks : tuple of StackCost
    """

    read: float
    prepare: float
    latency: float
    network: float
    stacks: tuple[StackCost, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)


def measure(table: Path, settings: Settings) -> Constants:
    """Measure all constants on a table; stacks with one member and with all, not with any number between."""
    torch.set_num_threads(1)
    seconds_read, rows = _timed(lambda: read(table))
    seconds_prepared, prepared = _timed(lambda: prepare(rows, settings))
    latency, network = measure_transfers()
    return Constants(
        read=table.stat().st_size / seconds_read,
        prepare=rows.num_rows * rows.num_columns / seconds_prepared,
        latency=latency,
        network=network,
        stacks=tuple(_stack_cost(prepared, recipe) for recipe in prepared.recipe.of_stacks()),
    )


def _stack_cost(prepared: Prepared, recipe: Recipe) -> StackCost:
    members, rows = len(prepared.plan), MemberRows.of(prepared)
    statistics = learn_member_statistics(prepared, prepared.recipe.of_stacks(), rows, None)
    flops: list[float] = []

    def epoch_seconds(some: list[int]) -> float:
        def run(epochs: int) -> float:
            limited = replace(recipe, max_epochs=epochs)
            peers = Peers(ALONE, "cost", {0: some})
            return _timed(lambda: train_stack(prepared, limited, rows, statistics, peers=peers))[0]

        return min((run(MANY) - run(FEW)) / (MANY - FEW) for _ in range(2))

    with _counted_first_step(flops):
        stack = train_stack(prepared, replace(recipe, max_epochs=1), rows, statistics)
    one, all_of_them = epoch_seconds([0]), epoch_seconds(list(range(members)))
    per_member = (all_of_them - one) / (members - 1)
    learned = max(map(len, prepared.plan.train_rows))
    steps = -(-learned // recipe.batch_size)
    batch_size = -(-learned // steps)
    weights = sum(parameter.numel() for parameter in stack.net.parameters()) // members
    return StackCost(
        steps, batch_size, (one - per_member) / steps, per_member, flops[0] / batch_size / members, weights
    )


class _counted_first_step:
    """In the block, the operations of the first step are counted."""

    def __init__(self, counts: list[float]) -> None:
        self._counts, self._step = counts, step.train_step

    def __enter__(self) -> None:
        from netable.train import loop

        def counted(*arguments: Any, **options: Any) -> Any:
            if self._counts:
                return self._step(*arguments, **options)
            with FlopCounterMode(display=False) as counter:
                loss = self._step(*arguments, **options)
            self._counts.append(float(counter.get_total_flops()))
            return loss

        loop.train_step = counted

    def __exit__(self, *_: object) -> None:
        from netable.train import loop

        loop.train_step = self._step


def measure_transfers() -> tuple[float, float]:
    """The latency of a share among two workers of this machine, and bytes a second in their exchange."""
    environment = child_environment() | {
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(29517 + os.getpid() % 1000),
    }
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.scale.constants"],
            env=environment | {"RANK": str(rank)},
            stdout=subprocess.PIPE,
        )
        for rank in range(2)
    ]
    output = [worker.communicate()[0] for worker in workers]
    latency, network = json.loads(output[0])
    return float(latency), float(network)


def transfer() -> tuple[float, float]:
    """The part of one worker in `measure_transfers`."""
    from netable.compute.workers import Workers

    with Workers() as group:
        peers = Peers(group, "latency", {0: [0], 1: [1]})
        peers.share([0.0])
        began = perf_counter()
        for number in range(ROUNDS):
            peers.share([float(number)])
        latency = (perf_counter() - began) / ROUNDS
        group.exchange(bytes(1))
        began = perf_counter()
        group.exchange(bytes(TRANSFERRED))
        return latency, TRANSFERRED / (perf_counter() - began)


def _timed(run: Callable[[], T]) -> tuple[float, T]:
    began = process_time()
    result = run()
    return process_time() - began, result


if __name__ == "__main__":
    print(json.dumps(transfer()))

"""Which process trains which members of which stack."""

from __future__ import annotations

from collections.abc import Sequence

from netable.config.recipe import Recipe
from netable.errors import ConfigError
from netable.fit.members.phases import costs_of

# The members of each stack that a process trains.
Hand = dict[int, list[int]]


def deal(costs: Sequence[float], members: int, size: int, *, whole: bool = False) -> list[Hand]:
    """Deal the members of all stacks to so many processes.

    Stacks stay whole as long as there are enough of them, because members are fastest together; else each is cut into
    equally many pieces, except those that take next to no time.

    Parameters
    ----------
    costs : sequence of float
        The time that each stack takes, in that of a network.
    members : int
        Of every stack.
    size : int
        Processes.
    whole : bool
        Cut no stack.

    >>> deal([1.0, 1.0, 0.1], 5, 2)
    [{0: [0, 1, 2, 3, 4], 2: [0, 1, 2, 3, 4]}, {1: [0, 1, 2, 3, 4]}]
    >>> deal([1.0], 5, 2)
    [{0: [0, 2, 4]}, {0: [1, 3]}]
    """
    most = max(costs)
    cuts = 1 if whole else min(members, -(-size // sum(cost == most for cost in costs)))
    pieces = [
        (stack, list(range(first, members, n)))
        for stack, cost in enumerate(costs)
        for n in [cuts if cost == most else 1]
        for first in range(n)
    ]
    hands: list[Hand] = [{} for _ in range(size)]
    loads = [0.0] * size
    for stack, piece in sorted(pieces, key=lambda piece: -costs[piece[0]] * len(piece[1])):
        least = loads.index(min(loads))
        hands[least][stack] = sorted([*hands[least].get(stack, []), *piece])
        loads[least] += costs[stack] * len(piece)
    return [dict(sorted(hand.items())) for hand in hands]


def check_size(size: int, recipe: Recipe, members: int, *, is_limited: bool) -> None:
    """Raise `ConfigError` if there are fewer networks to train than processes.

    With a limit of time stacks stay whole: processes whose clocks decide cannot stop at the same step.
    """
    costs = costs_of(recipe.of_stacks())
    most = len(costs) if is_limited else sum(members if cost == max(costs) else 1 for cost in costs)
    if size > most:
        why = "with a time limit, each stack of networks is trained by one worker"
        raise ConfigError(
            f"{size} workers are too many for this run; start at most {most}"
            + (f": {why}." if is_limited else ", one for each network.")
        )

"""Which process trains which members of which stack, on which part of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netable.config.bodies import body_spec
from netable.config.recipe import Recipe
from netable.errors import ConfigError
from netable.fit.members.phases import costs_of


class Share(NamedTuple):
    """Members of a stack that a process trains.

    Attributes
    ----------
    members : list of int
    ranks : list of int
        The processes that train them: several have each a part of the rows.
    """

    members: list[int]
    ranks: list[int]


# What a process trains of each stack.
Hand = dict[int, Share]


def deal(costs: Sequence[float], members: int, size: int, *, whole: bool = False) -> list[Hand]:
    """Deal the members of all stacks to so many processes.

    Stacks stay whole as long as there are enough of them, because members are fastest together; else each is cut into
    equally many pieces, except those that take next to no time. With a multiple of as many processes as there are
    networks, several train each of these, each on a part of the rows.

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

    >>> [{stack: share.members for stack, share in hand.items()} for hand in deal([1.0, 1.0, 0.1], 5, 2)]
    [{0: [0, 1, 2, 3, 4], 2: [0, 1, 2, 3, 4]}, {1: [0, 1, 2, 3, 4]}]
    >>> deal([1.0], 2, 4)[3]
    {0: Share(members=[1], ranks=[2, 3])}
    """
    most = max(costs)
    stacks = sum(cost == most for cost in costs)
    cuts = 1 if whole else min(members, -(-size // stacks))
    shards = 1 if whole else max(1, size // (stacks * members))
    pieces = [
        (stack, list(range(first, members, n)))
        for stack, cost in enumerate(costs)
        for n in [cuts if cost == most else 1]
        for first in range(n)
    ]
    hands: list[Hand] = [{} for _ in range(size)]
    loads = [0.0] * size
    for stack, piece in sorted(pieces, key=lambda piece: -costs[piece[0]] * len(piece[1])):
        ranks = sorted(range(size), key=loads.__getitem__)[: shards if costs[stack] == most else 1]
        for rank in ranks:
            known = hands[rank].get(stack, Share([], []))
            hands[rank][stack] = Share(sorted([*known.members, *piece]), ranks)
            loads[rank] += costs[stack] * len(piece)
    return [dict(sorted(hand.items())) for hand in hands]


def teams_of(hands: Sequence[Hand]) -> list[list[int]]:
    """The processes that train the same members, each on a part of the rows.

    >>> teams_of(deal([1.0], 2, 4))
    [[0, 1], [2, 3]]
    """
    ranks = [share.ranks for hand in hands for share in hand.values() if len(share.ranks) > 1]
    return sorted(map(list, set(map(tuple, ranks))))


def check_size(size: int, recipe: Recipe, members: int, *, is_limited: bool) -> None:
    """Raise `ConfigError` if so many processes cannot share the networks, or their rows, equally.

    With a limit of time stacks stay whole: processes whose clocks decide cannot stop at the same step.
    """
    costs = costs_of(recipe.of_stacks())
    if is_limited:
        if size > len(costs):
            raise ConfigError(
                f"{size} workers are too many for this run; start at most {len(costs)}: with a time limit, each stack "
                "of networks is trained by one worker."
            )
        return
    stacks = sum(cost == max(costs) for cost in costs)
    networks, others = members * stacks, len(costs) - stacks
    fewer = size // networks * networks
    choices = f"{fewer} or {fewer + networks}"
    is_unequal = size % networks > others
    if all(body_spec(own.model).is_grown for own in recipe.of_stacks()):  # whose rows are not divided
        choices, is_unequal = f"{networks}", True
    if size > networks and is_unequal:
        raise ConfigError(f"{size} workers cannot share {networks} networks equally; start {choices}.")

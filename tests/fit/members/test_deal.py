from __future__ import annotations

import pytest

from netable.errors import ConfigError
from netable.fit.members.deal import Share, check_size, deal, teams_of
from small import recipe_of


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("costs", [[1.0], [1.0, 1.0, 0.1], [1.0] * 4])
def test_deal__any_number_of_processes__every_member_of_every_stack_once(
    costs: list[float], size: int
) -> None:
    hands = deal(costs, 5, size)

    dealt = sorted(
        (stack, member)
        for rank, hand in enumerate(hands)
        for stack, share in hand.items()
        for member in share.members
        if rank == share.ranks[0]
    )
    assert dealt == [(stack, member) for stack in range(len(costs)) for member in range(5)]
    assert len(hands) == size
    for rank, hand in enumerate(hands):
        for stack, share in hand.items():
            assert rank in share.ranks
            assert all(hands[other][stack] == share for other in share.ranks)


def test_deal__enough_stacks__keep_their_members_together() -> None:
    hands = deal([1.0, 1.0, 0.1], 5, 2)

    assert [sorted(hand) for hand in hands] == [[0, 2], [1]]
    assert all(share.members == [0, 1, 2, 3, 4] for hand in hands for share in hand.values())


@pytest.mark.bad_input(103)
def test_deal__four_processes_for_two_stacks__have_two_or_three_members_each() -> None:
    hands = deal([1.0, 1.0], 5, 4)

    assert sorted(len(share.members) for hand in hands for share in hand.values()) == [2, 2, 3, 3]


def test_deal__whole__cuts_no_stack() -> None:
    assert deal([1.0], 5, 2, whole=True) == [{0: Share([0, 1, 2, 3, 4], [0])}, {}]


def test_deal__twice_as_many_processes_as_networks__share_the_rows_of_each_network() -> None:
    hands = deal([1.0, 0.1], 2, 4)

    assert teams_of(hands) == [[0, 1], [2, 3]]
    assert [hand[0].members for hand in hands] == [[0], [0], [1], [1]]
    assert sum(1 in hand for hand in hands) == 1


@pytest.mark.parametrize("size", [1, 4, 5, 6, 10, 11, 15])
def test_check_size__networks_or_their_rows_can_be_shared__is_nothing(size: int) -> None:
    recipe = recipe_of(stacks=({}, {"model": "linear"}))

    check_size(size, recipe, 5, is_limited=False)


@pytest.mark.parametrize("size", [7, 9])
def test_check_size__unequal_shares_of_rows__is_an_error(size: int) -> None:
    recipe = recipe_of(stacks=({}, {"model": "linear"}))

    with pytest.raises(
        ConfigError, match=rf"^{size} workers cannot share 5 networks equally; start 5 or 10\.$"
    ):
        check_size(size, recipe, 5, is_limited=False)


def test_check_size__time_limit__allows_one_process_for_each_stack() -> None:
    recipe = recipe_of(stacks=({}, {"model": "linear"}))
    check_size(2, recipe, 5, is_limited=True)

    with pytest.raises(ConfigError, match=r"start at most 2: with a time limit, each stack"):
        check_size(3, recipe, 5, is_limited=True)


def test_check_size__more_workers_than_trees__is_an_error() -> None:
    recipe = recipe_of(model="trees")
    check_size(5, recipe, 5, is_limited=False)

    with pytest.raises(ConfigError, match=r"^10 workers cannot share 5 networks equally; start 5\.$"):
        check_size(10, recipe, 5, is_limited=False)

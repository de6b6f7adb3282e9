from __future__ import annotations

import pytest

from netable.errors import ConfigError
from netable.fit.members.deal import check_size, deal
from small import recipe_of


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("costs", [[1.0], [1.0, 1.0, 0.1], [1.0] * 4])
def test_deal__any_number_of_processes__every_member_of_every_stack_once(
    costs: list[float], size: int
) -> None:
    hands = deal(costs, 5, size)

    dealt = sorted((stack, member) for hand in hands for stack, members in hand.items() for member in members)
    assert dealt == [(stack, member) for stack in range(len(costs)) for member in range(5)]
    assert len(hands) == size


def test_deal__enough_stacks__keep_their_members_together() -> None:
    hands = deal([1.0, 1.0, 0.1], 5, 2)

    assert [sorted(hand) for hand in hands] == [[0, 2], [1]]
    assert all(members == [0, 1, 2, 3, 4] for hand in hands for members in hand.values())


@pytest.mark.bad_input(103)
def test_deal__four_processes_for_two_stacks__have_two_or_three_members_each() -> None:
    hands = deal([1.0, 1.0], 5, 4)

    assert sorted(len(members) for hand in hands for members in hand.values()) == [2, 2, 3, 3]


def test_deal__whole__cuts_no_stack() -> None:
    assert deal([1.0], 5, 2, whole=True) == [{0: [0, 1, 2, 3, 4]}, {}]


def test_check_size__more_processes_than_networks__is_an_error() -> None:
    recipe = recipe_of(stacks=({}, {"model": "linear"}))
    check_size(6, recipe, 5, is_limited=False)

    with pytest.raises(
        ConfigError, match=r"^7 workers are too many for this run; start at most 6, one for each "
    ):
        check_size(7, recipe, 5, is_limited=False)


def test_check_size__time_limit__allows_one_process_for_each_stack() -> None:
    recipe = recipe_of(stacks=({}, {"model": "linear"}))
    check_size(2, recipe, 5, is_limited=True)

    with pytest.raises(ConfigError, match=r"start at most 2: with a time limit, each stack"):
        check_size(3, recipe, 5, is_limited=True)

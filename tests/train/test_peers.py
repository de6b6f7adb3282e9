from __future__ import annotations

import math
from threading import Event

import pytest

from netable.train.peers import Peers
from together import Board, Player, together

MEMBERS = {0: [0, 2], 1: [1]}


def test_share__two_processes__each_has_the_values_of_both() -> None:
    def run(executor: Player) -> list[dict[int, list[float]]]:
        with Peers(executor, "stack", MEMBERS) as peers:
            return [peers.share([executor.rank, math.inf]), peers.share([])]

    assert together(2, run) == [[{0: [0, math.inf], 1: [1, math.inf]}, {0: [], 1: []}]] * 2


def test_mine__each_process__has_its_own_members() -> None:
    board = Board(2)

    assert [Peers(Player(board, rank, 2), "stack", MEMBERS).mine for rank in range(2)] == [[0, 2], [1]]


def test_share__team_of_two_and_a_peer__have_the_values_of_the_first_of_the_team() -> None:
    def run(executor: Player) -> list[dict[int, list[float]]]:
        team, first = executor.team([[0, 1]]), 2 if executor.rank == 2 else 0
        with Peers(executor, "stack", {0: [0, 2], 2: [1]}, team, first) as peers:
            assert (list(peers.mine), peers.is_first) == ([1] if first else [0, 2], executor.rank != 1)
            return [peers.share([float(executor.rank)])]

    assert together(3, run)[0::2] == [[{0: [0.0], 2: [2.0]}]] * 2


def test_share__one_of_a_team_is_to_stop__all_are_interrupted() -> None:
    def run(executor: Player) -> bool:
        peers = Peers(executor, "stack", {0: [0], 2: [1]}, executor.team([[0, 1]]), 0)
        peers.stop = Event()
        if executor.rank == 2:
            peers.stop = None
            executor.post("stack/0", b"")
            return True
        if executor.rank == 1:
            peers.stop.set()
        with pytest.raises(KeyboardInterrupt):
            peers.share([1.0])
        return True

    assert together(3, run) == [True] * 3


def test_share__stop_is_set__is_interrupted() -> None:
    peers = Peers(Player(Board(2), 0, 2), "stack", MEMBERS)
    peers.stop = Event()
    peers.stop.set()

    with pytest.raises(KeyboardInterrupt):
        peers.share([1.0])


def test_share__other_process_has_ended__is_interrupted() -> None:
    board = Board(2)
    with Peers(Player(board, 1, 2), "stack", MEMBERS):
        pass

    with pytest.raises(KeyboardInterrupt):
        Peers(Player(board, 0, 2), "stack", MEMBERS).share([1.0])

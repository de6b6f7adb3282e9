"""The advice of messages about networks."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from advice import Case, advice, check_complete, follow
from netable.nn.bodies.own import OwnNetworks

MESSAGES = advice("nn")


def network(d_in: int, d_out: int, norm: type[nn.Module]) -> nn.Module:
    return nn.Sequential(nn.Linear(d_in, 4), norm(4), nn.Linear(4, d_out))


def making(norm: type[nn.Module]) -> None:
    """Make two members with a norm, and call them."""
    OwnNetworks(3, 2, members=(2,), model=partial(network, norm=norm))(torch.ones(2, 5, 3))


CASES = [Case("Take LayerNorm", making, {"norm": nn.BatchNorm1d}, [{"norm": nn.LayerNorm}])]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

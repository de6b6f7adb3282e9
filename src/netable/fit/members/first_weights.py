"""The weights that a stack begins with: those of an earlier fit, or a solution."""

from __future__ import annotations

import torch

from netable.errors import ConfigError
from netable.fit.members.line import can_be_solved, start_at_least_squares
from netable.fit.members.member_rows import MemberRows
from netable.nn import TableNet
from netable.train import Objective

NOT_THE_SAME = "warm_start needs the same columns, levels, classes, loss and layers as the last fit."


def start_well(net: TableNet, objective: Objective, rows: MemberRows, start: TableNet | None) -> bool:
    """Begin with trained weights or a solution; False if there is neither, and the net is a constant."""
    if start:
        _start_from(net, start)
    elif can_be_solved(net, objective):
        start_at_least_squares(net, objective, rows)
    else:
        return False
    return True


def _start_from(net: TableNet, start: TableNet) -> None:
    """Copy a trained network's weights; if it has fewer members, each is copied several times."""
    trained = dict(start.named_parameters())
    shapes = {name: parameter.shape[1:] for name, parameter in net.named_parameters()}
    if shapes != {name: parameter.shape[1:] for name, parameter in trained.items()}:
        raise ConfigError(NOT_THE_SAME)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.copy_(trained[name][torch.arange(len(parameter)) % len(trained[name])])

"""The advice of messages about training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from advice import Case, advice, check_complete, follow
from netable.train import Batches, make_optimizer, train
from netable.train.state_file import read_state, write_state
from together import teams_of

MESSAGES = advice("train")
X = torch.linspace(-1, 1, 24).reshape(24, 1)


def training(y: torch.Tensor = X, name: str = "sgd", flat: bool = False, **given: Any) -> None:
    """Train a line, or one that returns (n,)."""
    net: nn.Module = nn.Linear(1, 1)
    parameters = list(net.named_parameters())
    optimizer = make_optimizer(name, parameters, lr=given.pop("lr", 0.01))
    net = nn.Sequential(net, nn.Flatten(0)) if flat else net
    batches = Batches(X, y, batch_size=4, generator=torch.Generator().manual_seed(0))
    train(net, nn.MSELoss(), optimizer, batches, max_epochs=given.pop("max_epochs", 2), **given)


def resuming(removed: bool) -> None:
    """Go on from a damaged checkpoint, unless it was removed."""
    path = Path("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netable.train.checkpoint.INTERVAL", 0.0)
        training(name="adamw", checkpoint=path)
    write_state(path, read_state(path) | {"losses": 3})
    if removed:
        path.unlink()
    training(name="adamw", checkpoint=path)


def in_parts(workers: int) -> None:
    """Take batches of two rows among so many workers."""
    Batches(X, batch_size=2, team=teams_of(workers)[0])


def of_old(name: str) -> None:
    """Train with a PyTorch that has no Adam."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(torch.optim, "Adam")
        training(name=name)


CASES = [
    Case("remove it to start over", resuming, {"removed": False}, [{"removed": True}]),
    Case(
        "Try a lower lr, or clip_norm=1",
        training,
        {"y": 1e9 * X, "lr": 1e9},
        [{"lr": 1e-3}, {"clip_norm": 1}],
    ),
    Case("start fewer", in_parts, {"workers": 3}, [{"workers": 2}]),
    Case("choose another optimizer", of_old, {"name": "adam"}, [{"name": "adamw"}, {"name": "sgd"}]),
    Case("y.unsqueeze(-1)", training, {"y": X[:, 0]}, [{"y": X[:, 0].unsqueeze(-1)}]),
    Case("y.squeeze(-1)", training, {"y": X, "flat": True}, [{"y": X.squeeze(-1)}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

from __future__ import annotations

import pickle
import subprocess
import sys
from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.optim import AdamW

from netable.config.optimizers import OPTIMIZER_SPECS
from netable.nn import MLP
from netable.train.uncompiled import uncompiled

TRAINED = """
import sys
import torch
from netable.config.optimizers import OPTIMIZER_SPECS
from netable.nn import MLP
from netable.train import make_optimizer, train

for name in OPTIMIZER_SPECS:
    net = MLP(3, 1)
    optimizer = make_optimizer(name, net.named_parameters(), lr=0.01)
    train(net, torch.nn.MSELoss(), optimizer, [(torch.ones(4, 3), torch.ones(4, 1))] * 2, max_epochs=2)
    optimizer.load_state_dict(optimizer.state_dict())
    print(name, "torch._dynamo" in sys.modules)
"""


def one_step(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad()
    net(torch.ones(4, 3)).square().sum().backward()
    optimizer.step()


def test_training__with_any_optimizer__does_not_import_the_compiler() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", TRAINED], capture_output=True, text=True, timeout=300, check=True
    )

    assert dict(map(str.split, ended.stdout.splitlines())) == dict.fromkeys(OPTIMIZER_SPECS, "False")


def test_uncompiled__hooks_and_gradients__are_as_of_the_class() -> None:
    net, calls = MLP(3, 1), []
    optimizer = uncompiled(AdamW)(net.parameters(), lr=0.01)
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append(torch.is_grad_enabled()))

    one_step(net, optimizer)

    assert isinstance(optimizer, AdamW)
    assert calls == ["before", True]
    assert all(parameter.is_leaf and parameter.requires_grad for parameter in net.parameters())


@pytest.mark.parametrize("copied", [deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_uncompiled__copied_or_pickled_with_its_net__takes_the_same_steps(copied) -> None:
    net = MLP(3, 1)
    optimizer = uncompiled(AdamW)(net.parameters(), lr=0.01)
    one_step(net, optimizer)

    again, same = copied((net, optimizer))
    one_step(net, optimizer)
    one_step(again, same)

    assert type(same) is type(optimizer)
    assert all(map(torch.equal, net.parameters(), again.parameters()))

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from netable.errors import ConfigError
from netable.train import Schedule, make_optimizer, schedule_factor, train_epoch
from netable.train.optim import LEARNING_RATES


def decayed_weights_only(net: nn.Module, decay: float) -> list[dict]:
    weights = [p for n, p in net.named_parameters() if n.endswith("weight")]
    biases = [p for n, p in net.named_parameters() if n.endswith("bias")]
    return [{"params": weights, "weight_decay": decay}, {"params": biases}]


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("sgd", lambda groups: SGD(groups, lr=0.01)),
        ("momentum", lambda groups: SGD(groups, lr=0.01, momentum=0.8)),
        ("rmsprop", lambda groups: RMSprop(groups, lr=0.01)),
        ("adam", lambda groups: Adam(groups, lr=0.01, betas=(0.9, 0.95))),
        ("adamw", lambda groups: AdamW(groups, lr=0.01, betas=(0.9, 0.95), weight_decay=0.0)),
    ],
)
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_optimizer__same_weights__takes_pytorchs_steps(
    name: str, theirs: Callable[[list[dict]], Optimizer], decay: float
) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    y = x.sum(1, keepdim=True).sin()
    nets = [nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double() for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    optimizers = (
        make_optimizer(name, nets[0].named_parameters(), lr=0.01, momentum=0.8, weight_decay=decay),
        theirs(decayed_weights_only(nets[1], decay)),
    )

    losses = [
        [train_epoch(net, nn.MSELoss(), optimizer, [(x, y)]) for _ in range(30)]
        for net, optimizer in zip(nets, optimizers, strict=True)
    ]

    assert losses[0] == pytest.approx(losses[1], rel=1e-9)
    assert losses[0][-1] < losses[0][0]


def test_optimizer__decay__spares_biases_and_embeddings() -> None:
    parameters = {name: nn.Parameter(torch.ones(2)) for name in ("a.weight", "a.bias", "inputs.embedding")}
    optimizer = make_optimizer("adamw", parameters.items(), lr=0.1, weight_decay=0.5)
    for parameter in parameters.values():
        parameter.grad = torch.zeros(2)
    optimizer.step()

    found = {name: parameter[0].item() for name, parameter in parameters.items()}
    assert found == {"a.weight": pytest.approx(0.95), "a.bias": 1.0, "inputs.embedding": 1.0}


def test_optimizer__rmsprop__gives_large_gradients_a_smaller_rate() -> None:
    steps = {}
    for slope in (1.0, 100.0):
        weight = nn.Parameter(torch.zeros(1))
        optimizer = make_optimizer("rmsprop", [("weight", weight)], lr=0.01)
        weight.grad = torch.tensor([slope])
        optimizer.step()
        steps[slope] = -weight.item()

    assert steps[1.0] == pytest.approx(steps[100.0], rel=1e-5)


def test_optimizer__unknown_name__names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"^optimizer cannot be 'adan'\. Did you mean 'adam'\?$"):
        make_optimizer("adan", [], lr=0.1)


def test_learning_rates__every_optimizer__has_one() -> None:
    from netable.config import OPTIMIZERS

    assert set(LEARNING_RATES) == set(OPTIMIZERS)


@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_constant__any_time__is_one(t: float) -> None:
    assert schedule_factor("constant", t) == 1.0


@pytest.mark.parametrize(
    ("t", "factor"),
    [
        (0.0, 0.02),  # a fiftieth: the first step must not be zero
        (0.024, 0.5 * (1 + math.cos(0.024 * math.pi)) / 2),
        (0.25, (1 + math.sqrt(0.5)) / 2),
        (0.5, 0.5),
        (1.0, 0.0),
    ],
)
def test_cosine__closed_form__warms_up_and_falls_to_zero(t: float, factor: float) -> None:
    assert schedule_factor("cosine", t) == pytest.approx(factor)


@pytest.mark.parametrize("wave", range(4))
def test_coslog4__closed_form__is_four_ever_longer_waves(wave: int) -> None:
    start, crest, end = ((2**w - 1) / 15 for w in (wave, wave + 0.5, wave + 1))

    assert schedule_factor("coslog4", start) == pytest.approx(0, abs=1e-12)
    assert schedule_factor("coslog4", crest) == pytest.approx(1)
    assert schedule_factor("coslog4", end) == pytest.approx(0, abs=1e-12)


def test_schedule__steps__move_every_group_from_its_own_highest_rate() -> None:
    parameters: list[Tensor] = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    optimizer = SGD([{"params": [parameters[0]], "lr": 0.4}, {"params": [parameters[1]], "lr": 0.1}])
    pace = Schedule(optimizer, "cosine", n_steps=4)

    rates = []
    for _ in range(4):
        pace.step()
        rates.append([group["lr"] for group in optimizer.param_groups])
        assert pace.lr == rates[-1][0]

    factors = [schedule_factor("cosine", t) for t in (0.125, 0.375, 0.625, 0.875)]
    assert rates == [[pytest.approx(0.4 * f), pytest.approx(0.1 * f)] for f in factors]


def test_schedule__unknown_name__lists_what_there_is() -> None:
    with pytest.raises(
        ConfigError, match=r"^schedule cannot be 'step'\. There are: 'constant', 'cosine', 'coslog4'\.$"
    ):
        schedule_factor("step", 0.5)

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from netable.nn import MLP, Linear, seed_noise
from netable.train import Batches, History, gradient_norms, make_optimizer, train
from netable.train.probe import Probe, _steps_to_read, constant_loss
from netable.train.step import train_step


def test_gradient_norms__one_row__are_worked_by_hand() -> None:
    net = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 1.0]]))
        net[0].bias.zero_()
        net[1].weight.fill_(3.0)
    net(torch.tensor([[3.0, 4.0]])).sum().backward()

    # The output is 3 (w·x) + b: the gradient of w is 3 x, of length 15; that of the 3 is w·x = 7.
    assert gradient_norms(net) == pytest.approx({"0.weight": 15.0, "1.weight": 7.0})


def test_gradient_norms__before_a_backward_pass__are_none() -> None:
    assert gradient_norms(nn.Linear(2, 1)) == {}


def test_gradient_norms__chain_of_sigmoids__fall_as_the_product_of_their_slopes() -> None:
    depth = 5
    net = nn.Sequential(*(part for _ in range(depth) for part in (nn.Linear(1, 1, bias=False), nn.Sigmoid())))
    for layer in net[::2]:
        nn.init.ones_(layer.weight)
    net(torch.ones(1, 1)).backward()

    x, slopes, inputs = 1.0, [], []
    for _ in range(depth):
        inputs.append(x)
        x = 1 / (1 + math.exp(-x))
        slopes.append(x * (1 - x))
    expected = [inputs[i] * math.prod(slopes[i:]) for i in range(depth)]
    assert max(slopes) < 0.25
    assert list(gradient_norms(net).values()) == pytest.approx(expected)


def small_run(*, steps: int = 3, epochs: int = 8) -> tuple[nn.Module, History]:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(16 * steps, 3, generator=generator)
    net = MLP(3, 1, hidden_layer_sizes=(8, 8), dropout=0.2, generator=generator)
    seed_noise(net, 1)
    optimizer = make_optimizer("adamw", net.named_parameters(), lr=0.01)
    batches = Batches(x, x.sum(-1, keepdim=True), batch_size=16, generator=generator)
    return net, train(net, nn.MSELoss(), optimizer, batches, max_epochs=epochs, clip_norm=1.0)


def test_probe__on_and_off__weights_are_the_same_to_the_last_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    state = torch.get_rng_state()
    probed, history = small_run()
    assert torch.equal(torch.get_rng_state(), state)
    monkeypatch.setattr("netable.train.probe._steps_to_read", lambda *_: frozenset())
    plain, nothing = small_run()

    assert history.readings
    assert not nothing.readings
    for one, other in zip(probed.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other)
    assert [epoch.train_loss for epoch in history.epochs] == [epoch.train_loss for epoch in nothing.epochs]


def test_probe__run__reads_first_steps_and_then_epochs_and_leaves_no_hook() -> None:
    net, history = small_run(epochs=8)

    assert [(r.epoch, r.step) for r in history.readings] == [(1, 1), (1, 2), (1, 3), (2, 4), (3, 7), (5, 13)]
    assert list(history.readings[0].gradient_norms) == [
        "blocks.0.0.weight",
        "blocks.1.0.weight",
        "head.weight",
    ]
    assert list(history.readings[0].dead) == ["blocks.0.1", "blocks.1.1"]
    assert not any(part._forward_hooks for part in net.modules())
    assert history.activation == "relu"


def test_probe__members__are_read_apart_before_clipping() -> None:
    net = Linear(2, 1, members=(2,), gain=0.0)
    x = torch.tensor([[[3.0, 4.0]], [[6.0, 8.0]]])
    probe = Probe(net, 1, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    train_step(
        net,
        lambda output, y: (output - y).mean((-2, -1)),
        optimizer,
        (x, torch.zeros(2, 1, 1)),
        0.1,
        "float32",
        probe,
    )

    reading = probe.take(1)[0]
    assert reading.lengths == pytest.approx([5.0, 10.0])
    assert reading.gradient_norms == {"weight": pytest.approx(5.0)}  # the middle one, the lower of two


@pytest.mark.parametrize(
    ("activation", "dead", "saturated"),
    [(nn.ReLU(), 0.5, None), (nn.Sigmoid(), None, 0.75), (nn.Tanh(), None, 0.75)],
)
def test_probe__units_without_a_slope__are_counted(
    activation: nn.Module, dead: float | None, saturated: float | None
) -> None:
    net = nn.Sequential(activation, nn.Linear(2, 1))
    x = torch.tensor([[-9.0, 9.0], [-9.0, 0.1]])  # the first unit is flat in both rows, the second one in one
    probe = Probe(net, 1, 1)

    train_step(
        net, nn.MSELoss(), torch.optim.SGD(net.parameters()), (x, torch.zeros(2, 1)), None, "float32", probe
    )

    reading = probe.take(1)[0]
    assert list(reading.dead.values()) == ([] if dead is None else [dead])
    assert list(reading.saturated.values()) == ([] if saturated is None else [saturated])


def test_steps_to_read__any_run__are_few() -> None:
    for steps, epochs in ((7, 35), (8, 125), (1, 200), (100, 10), (1, 1)):
        read = _steps_to_read(steps, epochs)
        assert len(read) <= 4 + 30 + epochs.bit_length()
        assert len(read) <= 4 + steps * epochs / 50 + epochs.bit_length() + 1


@pytest.mark.parametrize(
    ("criterion", "output", "y", "least"),
    [
        (nn.MSELoss(), torch.zeros(4, 1), torch.tensor([[1.0], [3.0], [1.0], [3.0]]), 1.0),
        (nn.MSELoss(), torch.zeros(4), torch.tensor([1.0, 3.0, 1.0, 3.0]), 1.0),
        (nn.BCEWithLogitsLoss(), torch.zeros(4, 1), torch.tensor([[1.0], [0.0], [0.0], [0.0]]), 0.562335),
        (nn.BCELoss(), torch.zeros(4, 1), torch.tensor([[1.0], [0.0], [0.0], [0.0]]), 0.562335),
        (nn.CrossEntropyLoss(), torch.zeros(4, 2), torch.tensor([1, 0, 0, 0]), 0.562335),
    ],
)
def test_constant_loss__usual_criteria__is_that_of_the_best_constant(
    criterion: nn.Module, output: Tensor, y: Tensor, least: float
) -> None:
    # -(1/4 log 1/4 + 3/4 log 3/4) = 0.562335
    assert constant_loss(criterion, output, [y]) == pytest.approx(least, abs=1e-5)


def test_constant_loss__criterion_that_takes_no_constant__is_not_known() -> None:
    def refuse(*_: Tensor) -> Tensor:
        raise ValueError

    assert constant_loss(refuse, torch.zeros(2, 1), [torch.zeros(2, 1)]) is None
    assert constant_loss(nn.MSELoss(), torch.zeros(2, 1), []) is None

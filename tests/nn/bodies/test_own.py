from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from netable.errors import ConfigError
from netable.nn.bodies.own import OwnNetworks
from netable.train.probe import Probe


def plain(d_in: int, d_out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(d_in, 5), nn.ReLU(), nn.Dropout(0.5), nn.Linear(5, d_out))


class Tied(nn.Module):
    """A weight in two places, one that is not learned, and a buffer that is not saved."""

    def __init__(self, d_in: int, d_out: int) -> None:
        super().__init__()
        self.first, self.again = nn.Linear(d_in, d_in), nn.Linear(d_in, d_in)
        self.again.weight = self.first.weight
        self.first.bias.requires_grad_(False)
        self.last = nn.Linear(d_in, d_out)
        self.register_buffer("shift", torch.randn(d_in), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.again(torch.tanh(self.first(x))) + self.shift)


def own(model: Callable[[int, int], nn.Module], members: int = 3, seed: int = 0) -> OwnNetworks:
    generator = torch.Generator().manual_seed(seed)
    return OwnNetworks(3, 2, members=(members,), model=model, generator=generator)


@pytest.mark.parametrize("model", [plain, Tied])
def test_own_networks__stack__is_each_member_alone(model: Callable[[int, int], nn.Module]) -> None:
    body = own(model).eval()
    x = torch.randn(3, 7, 3, generator=torch.Generator().manual_seed(1))

    output = body(x)

    assert output.shape == (3, 7, 2)
    for i in range(3):
        alone = model(3, 2).eval()
        state = {name.removeprefix("networks."): tensor[i] for name, tensor in body.state_dict().items()}
        alone.load_state_dict(state, strict=False)
        if isinstance(alone, Tied):
            alone.shift = state["shift"]
        torch.testing.assert_close(output[i], alone(x[i]))
    assert not torch.equal(output[0], body(x[:1].expand(3, -1, -1))[1])


def test_own_networks__tied_and_frozen_weights__stay_so() -> None:
    body = own(Tied)

    names = {name for name, _ in body.named_parameters()}
    assert names == {
        f"networks.{name}"
        for name in ("first.weight", "first.bias", "again.bias", "last.weight", "last.bias")
    }
    assert body.networks.again.weight is body.networks.first.weight
    assert not body.networks.first.bias.requires_grad


def test_own_networks__random_numbers__come_from_their_own_generator() -> None:
    x = torch.ones(3, 9, 3)
    before = torch.get_rng_state()

    outputs = []
    for _ in range(2):
        body = own(plain)
        body.generator = torch.Generator().manual_seed(5)
        outputs += [body(x), body(x)]

    assert torch.equal(outputs[0], outputs[2])
    assert torch.equal(outputs[1], outputs[3])
    assert not torch.equal(outputs[0], outputs[1])
    assert torch.equal(torch.get_rng_state(), before)


def test_own_networks__several_threads__do_not_mix_their_members() -> None:
    body = own(plain, members=8).eval()
    inputs = [torch.full((8, 4, 3), float(i)) for i in range(40)]
    with torch.no_grad():
        alone = [body(x) for x in inputs]

        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(torch.no_grad()(body), inputs))

    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


def test_probe__own_networks__reads_gradients_and_no_units() -> None:
    body = own(plain)
    probe = Probe(body, steps=1, max_epochs=1)

    with probe.watch():
        output = body(torch.ones(3, 4, 3))
    loss = output.square().mean((1, 2))
    loss.sum().backward()
    probe.look(members=1)
    probe.read(loss, output, [])

    (reading,) = probe.take(1)
    assert list(reading.gradient_norms) == ["networks.0.weight", "networks.3.weight"]
    assert reading.dead == {}


SAME = plain(3, 2)
SIZES = iter(range(4, 100))


@pytest.mark.parametrize(
    ("model", "error"),
    [
        (lambda d_in, d_out: torch.zeros, r"^model must make a torch\.nn\.Module; it made <built-in"),
        (
            lambda d_in, d_out: SAME,
            r"^model must make a new network each time; it returned the same one twice\.$",
        ),
        (
            lambda d_in, d_out: nn.Sequential(nn.Linear(d_in, next(SIZES)), nn.Linear(4, d_out)),
            r"^model must make networks of the same layers each time: ",
        ),
        (
            lambda d_in, d_out: nn.Sequential(nn.BatchNorm1d(d_in), nn.Linear(d_in, d_out)),
            r"^model makes a network with BatchNorm1d, whose predictions .* Take LayerNorm\.$",
        ),
    ],
)
def test_own_networks__unusable_function__is_told(model: Callable[[int, int], nn.Module], error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        own(model)


@pytest.mark.parametrize(
    ("model", "returned"),
    [
        (lambda d_in, d_out: nn.Linear(d_in, 1), r"\(7, 1\)"),
        (lambda d_in, d_out: nn.Sequential(nn.Linear(d_in, 1), nn.Flatten(0)), r"\(7,\)"),
        (lambda d_in, d_out: nn.Identity(), r"\(7, 3\)"),
    ],
)
def test_own_networks__wrong_shape__is_told(model: Callable[[int, int], nn.Module], returned: str) -> None:
    error = rf"^A network that model made returned {returned} for an input .*; it must return \(7, 2\)"

    with pytest.raises(ConfigError, match=error):
        own(model)(torch.ones(3, 7, 3))

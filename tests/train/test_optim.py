from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from netable.config.choices import WAVE_ENDS
from netable.config.optimizers import OPTIMIZER_SPECS, OptimizerSpec
from netable.errors import ConfigError
from netable.nn import MLP
from netable.train import Schedule, make_optimizer, optim, schedule_factor, train_epoch
from netable.train.optim import check_optimizer_state


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

    actual = {name: parameter[0].item() for name, parameter in parameters.items()}
    assert actual == {"a.weight": pytest.approx(0.95), "a.bias": 1.0, "inputs.embedding": 1.0}


def test_optimizer__without_decay__steps_all_parameters_in_one_call() -> None:
    parameters = {name: nn.Parameter(torch.ones(2)) for name in ("a.weight", "a.bias")}

    assert len(make_optimizer("adam", parameters.items(), lr=0.1).param_groups) == 1
    assert len(make_optimizer("adam", parameters.items(), lr=0.1, weight_decay=0.1).param_groups) == 2


@pytest.mark.parametrize("name", ["adamw", "muon", "sgd"])
def test_optimizer__gates__have_a_rate_of_their_own_and_no_decay(name: str) -> None:
    names = ("linear.feature_gates", "linear.weight", "linear.bias", "experts.gates")
    parameters = {name: torch.nn.Parameter(torch.ones(2, 3, 3)) for name in names}
    optimizer = make_optimizer(name, parameters.items(), lr=0.5, weight_decay=0.1, members=1)

    groups = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    gates, bias = groups[id(parameters["linear.feature_gates"])], groups[id(parameters["linear.bias"])]
    spec = OPTIMIZER_SPECS[OPTIMIZER_SPECS[name].beside or name]
    assert gates["lr"] == pytest.approx(spec.gates_factor * bias["lr"])
    assert gates["weight_decay"] == 0
    assert groups[id(parameters["experts.gates"])] is bias
    assert (gates["lr"] > bias["lr"]) == (name != "sgd")


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


def test_optimizer__class_that_pytorch_lacks__says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIMIZER_SPECS, "adam", OptimizerSpec("torch.optim:Later", 0.1, 0.1))

    with pytest.raises(
        ConfigError,
        match=r"^optimizer='adam' is torch\.optim\.Later, which PyTorch \S+ does not have\. Upgrade PyTorch, or",
    ):
        make_optimizer("adam", [("weight", nn.Parameter(torch.zeros(1)))], lr=0.1)


# An optimizer of hidden weights, and another one beside it


@pytest.fixture
def matrix_momentum(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an optimizer that is said to take matrices only."""
    spec = OptimizerSpec(
        "torch.optim:SGD", 0.1, 0.1, settings=("momentum",), beside="adamw", beside_factor=0.5
    )
    monkeypatch.setitem(OPTIMIZER_SPECS, "matrix momentum", spec)
    return "matrix momentum"


def stack_and_rows() -> tuple[MLP, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    net = MLP(3, 1, hidden_layer_sizes=(4,), activation="tanh", members=(2,), generator=generator).double()
    x = torch.randn(20, 3, generator=generator, dtype=torch.float64)
    return net, x, x.sum(1, keepdim=True).sin().expand(2, 20, 1)


def losses_of(net: nn.Module, optimizer: Optimizer, x: Tensor, y: Tensor, epochs: int = 20) -> list[float]:
    return [train_epoch(net, nn.MSELoss(), optimizer, [(x, y)]) for _ in range(epochs)]


def test_hidden_weights__stack__takes_the_steps_of_two_optimizers(matrix_momentum: str) -> None:
    net, x, y = stack_and_rows()
    other = deepcopy(net)
    both = make_optimizer(matrix_momentum, net.named_parameters(), lr=0.01, momentum=0.8, weight_decay=0.1)
    hidden = [other.blocks[0][0].weight]
    biases = [other.blocks[0][0].bias, other.head.bias]
    parts = (
        SGD(hidden, lr=0.01, momentum=0.8, weight_decay=0.1),
        AdamW(
            [{"params": [other.head.weight], "weight_decay": 0.1}, {"params": biases, "weight_decay": 0.0}],
            lr=0.005,
            betas=(0.9, 0.95),
        ),
    )

    losses = losses_of(net, both, x, y)
    for loss in losses:
        for part in parts:
            part.zero_grad()
        value = nn.functional.mse_loss(other(x), y)
        assert loss == pytest.approx(value.item(), rel=1e-9)
        value.backward()
        for part in parts:
            part.step()
    assert losses[-1] < losses[0]


def test_hidden_weights__state_loaded_elsewhere__goes_on_to_the_same_bits(matrix_momentum: str) -> None:
    net, x, y = stack_and_rows()
    optimizer = make_optimizer(matrix_momentum, net.named_parameters(), lr=0.01, weight_decay=0.1)
    losses_of(net, optimizer, x, y, epochs=3)
    again = deepcopy(net)
    fresh = make_optimizer(matrix_momentum, again.named_parameters(), lr=0.5, weight_decay=0.1)
    fresh.load_state_dict(deepcopy(optimizer.state_dict()))

    assert [group["lr"] for group in fresh.param_groups] == [0.01, 0.005, 0.005]
    assert losses_of(again, fresh, x, y) == losses_of(net, optimizer, x, y)
    Schedule(fresh, "cosine", n_steps=4).step()
    factor = schedule_factor("cosine", 0.125)
    rates = [group["lr"] for part in fresh.parts for group in part.param_groups]
    assert rates == pytest.approx([0.01 * factor, 0.005 * factor, 0.005 * factor])


def test_hidden_weights__copied_with_its_network__goes_on_to_the_same_bits(matrix_momentum: str) -> None:
    net, x, y = stack_and_rows()
    optimizer = make_optimizer(matrix_momentum, net.named_parameters(), lr=0.01)
    losses_of(net, optimizer, x, y, epochs=3)
    again, copy = deepcopy((net, optimizer))

    assert losses_of(again, copy, x, y) == losses_of(net, optimizer, x, y)


def test_hidden_weights__state_of_another_shape__is_refused(matrix_momentum: str) -> None:
    net, x, y = stack_and_rows()
    optimizer = make_optimizer(matrix_momentum, net.named_parameters(), lr=0.01)
    losses_of(net, optimizer, x, y, epochs=1)
    check_optimizer_state(optimizer, optimizer.state_dict())
    state = deepcopy(optimizer.state_dict())
    state["parts"][1]["state"][0]["exp_avg"] = torch.zeros(1)

    with pytest.raises(ValueError, match=r"^the optimizer's exp_avg is not of its parameter's shape$"):
        check_optimizer_state(optimizer, state)


def test_hidden_weights__no_hidden_layers__leaves_all_to_the_other(matrix_momentum: str) -> None:
    optimizer = make_optimizer(matrix_momentum, MLP(3, 1).named_parameters(), lr=0.01)

    (part,) = optimizer.parts
    assert isinstance(part, AdamW)


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


@pytest.mark.parametrize(
    ("name", "whole", "wave"), [("coslog4", 15, w) for w in range(4)] + [("coslog5", 31, w) for w in range(5)]
)
def test_coslog__closed_form__is_ever_longer_waves(name: str, whole: int, wave: int) -> None:
    start, crest, end = ((2**w - 1) / whole for w in (wave, wave + 0.5, wave + 1))

    assert schedule_factor(name, start) == pytest.approx(0, abs=1e-12)
    assert schedule_factor(name, crest) == pytest.approx(1)
    assert schedule_factor(name, end) == pytest.approx(0, abs=1e-12)


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


class Clock:
    """Stands still until it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(optim, "perf_counter", lambda: self.now)


def paced(name: str, n_steps: int, time_limit: float | None = None) -> Schedule:
    return Schedule(SGD([nn.Parameter(torch.zeros(1))], lr=1.0), name, n_steps, time_limit)


@pytest.mark.parametrize(("name", "zeros"), [("coslog4", 3), ("coslog5", 4)])
def test_wave_ends__coslog__are_where_its_rate_is_zero(name: str, zeros: int) -> None:
    assert [schedule_factor(name, end) for end in WAVE_ENDS[name]] == pytest.approx([0] * zeros)


def test_ends_wave__coslog4__is_told_once_a_wave_and_not_of_the_last() -> None:
    pace = paced("coslog4", n_steps=30)
    ended = []
    for step in range(1, 31):
        pace.step()
        if pace.ends_wave():
            ended.append(step)
        assert not pace.ends_wave()

    assert ended == [2, 6, 14]  # 1/15, 3/15 and 7/15 of 30


def test_ends_wave__two_waves_since_the_last_call__are_one() -> None:
    pace = paced("coslog4", n_steps=30)
    for _ in range(10):
        pace.step()

    assert pace.ends_wave()
    assert not pace.ends_wave()


@pytest.mark.parametrize("name", ["constant", "cosine"])
def test_ends_wave__schedule_without_waves__never(name: str) -> None:
    pace = paced(name, n_steps=5)
    for _ in range(5):
        pace.step()
        assert not pace.ends_wave()


def test_schedule__time_limit__is_as_far_as_the_larger_share(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    pace = paced("coslog4", n_steps=100, time_limit=10.0)

    pace.step()
    assert pace.t == 0.01
    clock.now += 5
    assert pace.t == 0.5
    pace.step()
    assert pace.lr == pytest.approx(schedule_factor("coslog4", 0.505))
    assert pace.ends_wave()
    clock.now += 50
    assert pace.t > 1
    pace.step()
    assert pace.lr == pytest.approx(schedule_factor("coslog4", 1.0), abs=1e-12)


def test_schedule__no_time_limit__does_not_look_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    pace = paced("cosine", n_steps=100)
    clock.now += 1e9

    assert pace.t == 0


def test_schedule__unknown_name__lists_what_there_is() -> None:
    with pytest.raises(
        ConfigError,
        match=r"^schedule cannot be 'step'\. There are: 'constant', 'cosine', 'coslog4', 'coslog5'\.$",
    ):
        schedule_factor("step", 0.5)

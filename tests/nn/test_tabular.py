from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gradients import check_gradients
from netable.nn import MLP, Ensemble, TableInput, TableNet, learn_statistics, seed_noise


def make_net(members: tuple[int, ...] = ()) -> tuple[TableNet, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(40, 2, generator=generator)
    codes = torch.randint(2, 5, (40, 1), generator=generator)
    statistics = learn_statistics(numbers, codes, torch.ones(*members, 40).double(), (5,), robust=True)
    inputs = TableInput(statistics, smooth_clip=True, hidden_share=0.3)
    body = MLP(inputs.d_out, 1, hidden_layer_sizes=(8, 8), dropout=0.5, members=members, generator=generator)
    torch.nn.init.normal_(body.head.weight, generator=generator)
    return TableNet(inputs, body), numbers, codes


def test_table_net__new__ignores_what_is_almost_never_there() -> None:
    net, numbers, codes = make_net()
    net.eval()

    rare = net.inputs.rare
    assert not net.body.linears[0].weight[rare].any()
    assert net.body.linears[0].weight[~rare].all()
    # A missing number is the median, a missing level none: the flags do nothing yet.
    numbers[0, 0], numbers[1, 0] = torch.nan, net.inputs.center[0]
    numbers[1, 1], codes[1] = numbers[0, 1], codes[0]
    output = net(numbers[:2], codes[:2])
    assert torch.equal(output[0], output[1])


def test_table_net__stack__answers_for_every_member() -> None:
    net, numbers, codes = make_net((3,))

    assert net(numbers, codes).shape == (3, 40, 1)
    assert net(numbers.expand(3, 40, 2), codes.expand(3, 40, 1)).shape == (3, 40, 1)


def test_seed_noise__same_seed__gives_the_same_training_output() -> None:
    net, numbers, codes = make_net()
    before = torch.get_rng_state()
    outputs = []
    for seed in (1, 1, 2):
        seed_noise(net, seed)
        outputs.append(net(numbers, codes))

    assert torch.equal(outputs[0], outputs[1])
    assert not torch.equal(outputs[0], outputs[2])
    assert torch.equal(torch.get_rng_state(), before)


def test_seed_noise__every_part__has_a_stream_of_its_own() -> None:
    net, _, _ = make_net()
    seed_noise(net, 5)

    seeds = [part.generator.initial_seed() for part in net.modules() if hasattr(part, "generator")]

    assert seeds == [5, 6, 7]


def test_seed_noise__none__takes_the_streams_away() -> None:
    net, _, _ = make_net()
    seed_noise(net, 5)
    seed_noise(net, None)

    assert all(getattr(part, "generator", None) is None for part in net.modules())


# Ensembles


def make_ensemble(weights: Tensor | None = None) -> tuple[Ensemble, Tensor, Tensor]:
    """Stacks of two, one and three members."""
    nets = [make_net((members,)) for members in (2, 1, 3)]
    for seed, (net, _, _) in enumerate(nets):
        torch.nn.init.normal_(net.body.head.weight, generator=torch.Generator().manual_seed(seed))
    _, numbers, codes = nets[0]
    return Ensemble([net for net, _, _ in nets], weights).eval(), numbers, codes


def test_ensemble__shared_rows__is_what_every_stack_says_of_them() -> None:
    ensemble, numbers, codes = make_ensemble()

    actual = ensemble(numbers, codes)

    assert (len(ensemble), actual.shape) == (6, (6, 40, 1))
    assert torch.equal(actual, torch.cat([stack(numbers, codes) for stack in ensemble.stacks]))
    assert len(actual.unique(dim=0)) == 6


def test_ensemble__rows_of_each_members_own__go_to_their_stack() -> None:
    ensemble, _, _ = make_ensemble()
    generator = torch.Generator().manual_seed(3)
    numbers = torch.randn(6, 9, 2, generator=generator)
    codes = torch.randint(2, 5, (6, 9, 1), generator=generator)

    actual = ensemble(numbers, codes)

    parts = [slice(0, 2), slice(2, 3), slice(3, 6)]
    alone = [stack(numbers[part], codes[part]) for stack, part in zip(ensemble.stacks, parts, strict=True)]
    assert torch.equal(actual, torch.cat(alone))


def test_ensemble__no_weights__counts_all_members_the_same() -> None:
    weights = make_ensemble()[0].weights

    assert weights.tolist() == pytest.approx([1 / 6] * 6)
    assert weights.sum().item() == pytest.approx(1)


def test_ensemble__weights__are_saved_in_float32() -> None:
    given = torch.tensor([0.1, 0.1, 0.5, 0.1, 0.1, 0.1], dtype=torch.float64)
    ensemble, _, _ = make_ensemble(given)

    assert torch.equal(ensemble.state_dict()["weights"], given.float())


def test_ensemble__precision_and_place__are_those_of_its_networks() -> None:
    ensemble, _, _ = make_ensemble()

    assert (ensemble.dtype, ensemble.device) == (torch.float32, torch.device("cpu"))
    assert ensemble.double().dtype == torch.float64
    assert ensemble.to("meta").device.type == "meta"


@pytest.mark.parametrize("members", [(), (2,)])
def test_table_net__gradients_of_its_parameters__are_those_of_differences(members: tuple[int, ...]) -> None:
    net, numbers, codes = make_net(members)
    for parameter in net.body.parameters():
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(1))
    rows = numbers[:3].double()
    rows[0, 1] = torch.nan

    check_gradients(net.eval(), rows.nan_to_num(0.2), codes[:3])
    # A missing number has no gradient, and takes none from its neighbours.
    rows.requires_grad_()
    net(rows, codes[:3]).sum().backward()
    assert rows.grad is not None
    assert rows.grad[0, 1] == 0
    assert rows.grad.isfinite().all()


@pytest.mark.parametrize("members", [(), (3,)])
def test_gates__folded__leave_the_network_as_it_was(members: tuple[int, ...]) -> None:
    net, numbers, codes = make_net(members)
    net.eval()
    plain = net(numbers, codes)

    net.add_gates()
    assert torch.equal(net(numbers, codes), plain)
    gates = net.body.linears[0].feature_gates
    assert gates is not None
    torch.nn.init.uniform_(gates, -1, 2, generator=torch.Generator().manual_seed(1))
    gated = net(numbers, codes)
    net.fold_gates()

    assert not torch.allclose(gated, plain, atol=1e-3)
    assert torch.allclose(net(numbers, codes), gated, atol=1e-5)
    assert not any("gates" in name for name in net.state_dict())

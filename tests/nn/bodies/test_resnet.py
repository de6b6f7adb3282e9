from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gradients import check_gradients
from netable.config.settings import Settings
from netable.errors import ConfigError
from netable.estimators.estimators import NetClassifier
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.nn import FewRows, ResNet
from small import QUICK, make_table, mixed_frame


def randomized(net: nn.Module) -> nn.Module:
    """Every parameter counts: the head starts at zero, and would hide the rest."""
    generator = torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        nn.init.normal_(parameter, generator=generator)
    return net


def test_resnet__plain_operations__give_the_same_output() -> None:
    net = randomized(ResNet(3, 2, hidden_layer_sizes=(4, 6), activation="tanh", dropout=0.5)).eval()
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))

    h = x @ net.first.weight + net.first.bias
    for norm, up, _, _, down, _ in net.blocks:
        branch = F.layer_norm(h, (4,), norm.scale.flatten(), norm.shift.flatten())
        h = h + torch.tanh(branch @ up.weight + up.bias) @ down.weight + down.bias
    norm = net.last[0]
    h = torch.tanh(F.layer_norm(h, (4,), norm.scale.flatten(), norm.shift.flatten()))

    torch.testing.assert_close(net(x), h @ net.head.weight + net.head.bias)


def test_resnet__widths__are_those_within_blocks() -> None:
    net = ResNet(3, 2, hidden_layer_sizes=(4, 6))

    assert [tuple(linear.weight.shape) for linear in net.linears] == [
        (3, 4),
        (4, 4),
        (4, 4),
        (4, 6),
        (6, 4),
        (4, 2),
    ]


def test_resnet__rows_of_a_batch__do_not_depend_on_each_other() -> None:
    net = randomized(ResNet(3, 2, hidden_layer_sizes=(4,), members=(2,))).double()
    x = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    torch.testing.assert_close(net(x)[:, :2], net(x[:, :2]))


@pytest.mark.parametrize("members", [(), (2,)])
def test_resnet__gradients__are_those_of_differences(members: tuple[int, ...]) -> None:
    net = randomized(ResNet(3, 2, hidden_layer_sizes=(4, 3), activation="gelu", members=members)).double()
    x = torch.randn(*members, 5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    check_gradients(net, x)


def test_resnet__no_hidden_layers__is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"^hidden_layer_sizes must name at least one width for model='resnet'"
    ):
        fit(make_table(), Settings(target="price", model="resnet", **QUICK | {"hidden_layer_sizes": ()}))


@pytest.mark.parametrize("target", ["price", "third"])
def test_resnet__fitted__is_read_and_saved_like_any_network(target: str, tmp_path: Path) -> None:
    table = make_table().drop_columns(list({"price", "rooms", "dear", "third"} - {target}))
    model = fit(
        table,
        Settings(target=target, model="resnet", **QUICK | {"max_epochs": 20, "hidden_layer_sizes": (16,)}),
    )

    save(model, tmp_path / "m")
    again = load(tmp_path / "m")
    assert again.recipe.model == "resnet"
    np.testing.assert_array_equal(again.outcome(table), model.outcome(table))
    np.testing.assert_allclose(again.outcome(table.slice(0, 1)), model.outcome(table)[:1], rtol=1e-5)
    assert not FewRows.suits(model.net)
    layers = model.history.readings[0].gradient_norms
    assert [name for name in layers if name.startswith("body.")] == [
        "body.first.weight",
        "body.blocks.0.1.weight",
        "body.blocks.0.4.weight",
        "body.head.weight",
    ]
    assert model.history.readings[0].dead.keys() == {"body.blocks.0.2", "body.last.1"}
    metric = "r2" if target == "price" else "accuracy"
    assert model.results["valid"][metric] > model.results["baseline"][metric]


def test_resnet__classifier__is_chosen_by_name() -> None:
    frame = mixed_frame()
    net = NetClassifier(model="resnet", **QUICK).fit(frame[["size [m²]", "city"]], frame["dear"])

    assert isinstance(net.module_.stacks[0].body, ResNet)
    assert net.predict(frame[["size [m²]", "city"]]).shape == (90,)

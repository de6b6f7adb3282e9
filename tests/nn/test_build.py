from __future__ import annotations

import pytest
import torch

import netable.nn
from netable.config.bodies import BODY_SPECS
from netable.config.choices import MODELS
from netable.config.settings import Settings
from netable.nn import Body
from netable.nn.build import body_settings, body_shapes, build_body

each_body = pytest.mark.parametrize("model", BODY_SPECS)


def config_of(model: str) -> Settings:
    return Settings(model=model, hidden_layer_sizes=(6, 4), activation="gelu", dropout=0.3)


def test_models__bodies__are_those_that_can_be_asked_for() -> None:
    assert ("auto", *BODY_SPECS) == MODELS


@each_body
def test_build_body__every_network__starts_at_zero_and_answers_for_every_member(model: str) -> None:
    body = build_body(config_of(model), 3, 2, (5,), torch.Generator().manual_seed(0))

    assert isinstance(body, Body)
    assert body.linears[0].weight.shape[:2] == (5, 3)
    assert body.linears[-1] is body.head or model == "trees"
    assert torch.equal(body(torch.ones(7, 3)), torch.zeros(5, 7, 2))


@each_body
def test_build_body__every_network__holds_its_members_apart(model: str) -> None:
    generator = torch.Generator().manual_seed(0)
    body = build_body(config_of(model), 3, 2, (4,)).double().eval()
    alone = build_body(config_of(model), 3, 2).double().eval()
    for parameter in body.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    x = torch.randn(4, 7, 3, generator=generator, dtype=torch.float64)

    for i, output in enumerate(body(x)):
        alone.load_state_dict({name: value[i] for name, value in body.state_dict().items()})
        torch.testing.assert_close(alone(x[i]), output)


@each_body
def test_nn__every_network__exports_its_class(model: str) -> None:
    assert getattr(netable.nn, type(build_body(config_of(model), 3, 2)).__name__)


def test_nn__unknown_name__is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'netable.nn' has no attribute 'Transformer'$"):
        netable.nn.Transformer  # noqa: B018


@each_body
def test_body_shapes__every_network__are_those_of_a_member(model: str) -> None:
    state = build_body(config_of(model), 3, 2, (4,)).state_dict()

    assert body_shapes(config_of(model), 3, 2) == {name: value.shape[1:] for name, value in state.items()}


def test_body_shapes__huge_layers__take_no_memory() -> None:
    config = Settings(model="mlp", hidden_layer_sizes=(10**6, 10**6), dropout=0.0)

    assert body_shapes(config, 3, 1)["blocks.1.0.weight"] == (10**6, 10**6)


def test_body_settings__linear_model__reads_none() -> None:
    assert body_settings(config_of("linear")) == {}
    assert list(build_body(config_of("linear"), 3, 2).state_dict()) == ["head.weight", "head.bias"]
    assert body_settings(config_of("mlp")) == {
        "hidden_layer_sizes": (6, 4),
        "activation": "gelu",
        "dropout": 0.3,
    }

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from netable.errors import ConfigError
from netable.nn import LinearRegression, LogisticRegression, NeuralNetwork

X = torch.tensor([[1.0, 2.0], [3.0, -1.0]])


def with_weights(model: nn.Sequential) -> nn.Sequential:
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[2.0, -1.0]]))
        model[0].bias.fill_(0.5)
    return model


def test_linear_regression__known_weights__is_the_weighted_sum() -> None:
    model = with_weights(LinearRegression(2))

    assert torch.equal(model(X), torch.tensor([[0.5], [7.5]]))


def test_logistic_regression__known_weights__is_the_sigmoid_of_the_sum() -> None:
    model = with_weights(LogisticRegression(2))

    torch.testing.assert_close(model(X), 1 / (1 + torch.exp(-torch.tensor([[0.5], [7.5]]))))


@pytest.mark.parametrize("model", [LinearRegression, LogisticRegression, NeuralNetwork])
def test_textbook_models__no_columns__name_the_argument(model: type[nn.Module]) -> None:
    with pytest.raises(ConfigError, match=r"^d_in must be an integer of at least 1; got 0\.$"):
        model(0)


@pytest.mark.parametrize(
    ("ours", "plain"),
    [
        (LinearRegression(2), nn.Sequential(nn.Linear(2, 1))),
        (LogisticRegression(2), nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())),
        (NeuralNetwork(2), nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())),
    ],
    ids=["linear", "logistic", "network"],
)
def test_textbook_models__state_dict_file__loads_into_the_plain_module_and_back(
    ours: nn.Module, plain: nn.Module, tmp_path: Path
) -> None:
    torch.save(ours.state_dict(), tmp_path / "model.pt")
    plain.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    again = type(ours)(2)
    again.load_state_dict(plain.state_dict())

    assert torch.equal(plain(X), ours(X))
    assert torch.equal(again(X), ours(X))


def test_neural_network__known_weights__is_worked_by_hand() -> None:
    net = NeuralNetwork(2, d_hidden=2)
    first, _, second, _ = net
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0, 1.0], [-1.0, 1.0]]))
        first.bias.copy_(torch.tensor([0.0, 1.0]))
        second.weight.copy_(torch.tensor([[1.0, -2.0]]))
        second.bias.fill_(0.25)

    # (1, 2) → hidden (3, 2) → 3 - 4 + 0.25; (3, -1) → hidden (2, 0), the second silenced → 2 + 0.25
    logits = torch.tensor([[-0.75], [2.25]])
    torch.testing.assert_close(net(torch.tensor([[1.0, 2.0], [3.0, -1.0]])), logits.sigmoid())


def test_neural_network__no_hidden_units__names_the_argument() -> None:
    with pytest.raises(ConfigError, match=r"^d_hidden must be an integer of at least 1; got 0\.$"):
        NeuralNetwork(3, d_hidden=0)

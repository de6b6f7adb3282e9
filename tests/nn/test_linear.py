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
def test_chapter_models__no_columns__name_the_argument(model: type[nn.Module]) -> None:
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
def test_chapter_models__state_dict_file__loads_into_the_plain_module_and_back(
    ours: nn.Module, plain: nn.Module, tmp_path: Path
) -> None:
    torch.save(ours.state_dict(), tmp_path / "model.pt")
    plain.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    again = type(ours)(2)
    again.load_state_dict(plain.state_dict())

    assert torch.equal(plain(X), ours(X))
    assert torch.equal(again(X), ours(X))

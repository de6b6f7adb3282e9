"""Networks of different sizes on few noisy rows of two columns, trained too short and too long."""

from copy import deepcopy

import torch
from sklearn.datasets import make_moons
from torch import Tensor, nn

from netable.nn import MLP
from netable.train import make_optimizer, train_epoch


def rows(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Two half moons that overlap, because the points are noisy."""
    x, y = make_moons(count, noise=0.3, random_state=seed)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).unsqueeze(-1)


def fit(units: int, epochs: list[int]) -> dict[int, nn.Module]:
    """The network after these epochs; with 0 units it is a linear model, else it has two hidden layers."""
    x, y = rows(60, seed=1)
    generator = torch.Generator().manual_seed(0)
    net = MLP(2, 1, hidden_layer_sizes=[units, units] if units else [], generator=generator)
    optimizer = make_optimizer("adam", net.named_parameters(), lr=0.01)
    criterion = nn.BCEWithLogitsLoss()
    nets: dict[int, nn.Module] = {}
    for epoch in range(1, max(epochs) + 1):
        train_epoch(net, criterion, optimizer, [(x, y)])
        if epoch in epochs:
            nets[epoch] = deepcopy(net)
    return nets


def measure(net: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """The loss of a network and the share of rows that it gets right."""
    with torch.no_grad():
        logits = net(x)
    right = ((logits > 0) == y.bool()).float().mean()
    return float(nn.functional.binary_cross_entropy_with_logits(logits, y)), float(right)

"""The path of an optimizer through a narrow valley."""

import torch
from torch import Tensor, nn

from netable.train import make_optimizer


class Valley(nn.Module):
    """The loss (20 a² + b²) / 2, lowest at a = b = 0."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([0.8, -2.6], dtype=torch.float64))  # a and b

    def forward(self) -> Tensor:
        """The loss."""
        return (torch.tensor([20, 1]) * self.weight.square()).sum() / 2


def path(name: str, lr: float, steps: int = 40) -> Tensor:
    """The weights before the first step and after each, (steps + 1, 2)."""
    valley = Valley()
    decay = 0.1 if name == "adamw" else 0.0
    optimizer = make_optimizer(name, valley.named_parameters(), lr=lr, weight_decay=decay)
    places = [valley.weight.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        valley().backward()
        optimizer.step()
        places.append(valley.weight.detach().clone())
    return torch.stack(places)

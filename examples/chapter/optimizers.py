"""Optimizers in a narrow valley, and their first steps on small and large gradients."""

import torch
from torch import Tensor, nn

from netable.train import make_optimizer

RATES = {"sgd": 0.018, "momentum": 0.018, "rmsprop": 0.02, "adam": 0.1}


class Valley(nn.Module):
    """The loss (100 a² + b²) / 2, with minimum 0 at a = b = 0, starting at a = b = 1."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))

    def forward(self) -> Tensor:
        """The loss."""
        return (torch.tensor([100.0, 1.0]) * self.weight.square()).sum() / 2


def first_step(name: str, gradient: float) -> float:
    """Size of the first step at a learning rate of 0.01 for a given gradient."""
    weight = nn.Parameter(torch.zeros(1))
    optimizer = make_optimizer(name, [("weight", weight)], lr=0.01)
    weight.grad = torch.tensor([gradient])
    optimizer.step()
    return abs(weight.item())


def main() -> dict[str, dict[str, float]]:
    """Print each optimizer's loss after 100 steps, and its first step on a small and a large gradient."""
    result = {}
    print("            lr   loss after 100 steps   first step at gradient 1   at gradient 100")
    for name, lr in RATES.items():
        valley = Valley()
        optimizer = make_optimizer(name, valley.named_parameters(), lr=lr)
        for _ in range(100):
            optimizer.zero_grad()
            valley().backward()
            optimizer.step()
        loss, small, large = valley().item(), first_step(name, 1.0), first_step(name, 100.0)
        print(f"{name:10} {lr:.3f}   {loss:20.2e}   {small:24.3f}   {large:15.3f}")
        result[name] = {"loss": loss, "small": small, "large": large}
    print(
        "\nrmsprop and adam divide each gradient by its recent size: large gradients get a smaller learning rate"
    )
    return result


if __name__ == "__main__":
    main()

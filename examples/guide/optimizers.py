"""Paths of four optimizers down a narrow valley, and the size of their first steps."""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from netable.train import make_optimizer
from picture import BLUE, GREEN, GREY, ORANGE, PURPLE, picture

PICTURE = Path(__file__).with_suffix(".svg")

STEEP, FLAT, START = 100.0, 1.0, (-2.0, 0.5)
RATES = {"sgd": 0.018, "momentum": 0.005, "rmsprop": 0.02, "adam": 0.1}
STEPS = 200
LOW = 0.02  # a loss


def loss(weights: Tensor) -> Tensor:
    """A quadratic valley, flat along one axis and steep along the other, with its minimum at 0, 0."""
    return (FLAT * weights[..., 0] ** 2 + STEEP * weights[..., 1] ** 2) / 2


def descend(name: str) -> Tensor:
    """Run an optimizer and return the weights after every step: (steps + 1, 2)."""
    weights = nn.Parameter(torch.tensor(START))
    optimizer = make_optimizer(name, [("weights", weights)], lr=RATES[name])
    visited = [weights.detach().clone()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss(weights).backward()
        optimizer.step()
        visited.append(weights.detach().clone())
    return torch.stack(visited)


def first_step(name: str, gradient: float) -> float:
    """Size of the first step at a learning rate of 0.01 for a given gradient."""
    weight = nn.Parameter(torch.zeros(1))
    optimizer = make_optimizer(name, [("weight", weight)], lr=0.01)
    weight.grad = torch.tensor([float(gradient)])
    optimizer.step()
    return abs(weight.item())


def main(path: Path = PICTURE) -> None:
    """Print the number of steps and the first steps of each optimizer, and draw the paths."""
    paths = {name: descend(name) for name in RATES}
    print(f"loss at the start: {loss(torch.tensor(START)).item():g}")
    print(f"            steps until {LOW:g}   first step at gradient 1   at gradient 100")
    for name, points in paths.items():
        above = (loss(points) > LOW).nonzero().max().item()
        print(f"{name:10} {above + 1:16} {first_step(name, 1):26.2f} {first_step(name, 100):17.2f}")
    a, b = np.linspace(-2.3, 0.9, 65), np.linspace(-0.6, 0.6, 49)
    height = loss(torch.cartesian_prod(torch.tensor(a), torch.tensor(b))).reshape(65, 49).T
    colors = (ORANGE, BLUE, GREEN, PURPLE)
    with picture(path, 8, 4.6, nrows=2, ncols=2, sharex=True, sharey=True) as grid:
        for axes, (name, points), color in zip(grid.flat, paths.items(), colors, strict=True):
            axes.contour(a, b, height, levels=[0.1, 0.5, 2, 5, 10, 16], colors=GREY, linewidths=0.5)
            axes.plot(*points.T, ".-", color=color, linewidth=1, markersize=4)
            axes.set(title=f"{name}, learning rate {RATES[name]:g}")
            axes.grid(False)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

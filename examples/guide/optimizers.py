"""Four optimizers on their way down a narrow valley, and how far their first steps go."""

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
    """A valley, flat along and steep across, with its lowest point at 0, 0."""
    return (FLAT * weights[..., 0] ** 2 + STEEP * weights[..., 1] ** 2) / 2


def descend(name: str) -> Tensor:
    """Where an optimizer is after every step: (steps + 1, 2)."""
    weights = nn.Parameter(torch.tensor(START))
    optimizer = make_optimizer(name, [("weights", weights)], lr=RATES[name])
    places = [weights.detach().clone()]
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss(weights).backward()
        optimizer.step()
        places.append(weights.detach().clone())
    return torch.stack(places)


def first_step(name: str, slope: float) -> float:
    """How far the first step goes at a learning rate of 0.01, where the slope is this."""
    weight = nn.Parameter(torch.zeros(1))
    optimizer = make_optimizer(name, [("weight", weight)], lr=0.01)
    weight.grad = torch.tensor([float(slope)])
    optimizer.step()
    return abs(weight.item())


def main(path: Path = PICTURE) -> None:
    """Print how fast each comes down and its first steps, and draw the ways."""
    ways = {name: descend(name) for name in RATES}
    print(f"loss at the start: {loss(torch.tensor(START)).item():g}")
    print(f"            steps until {LOW:g}   first step at slope 1   at slope 100")
    for name, way in ways.items():
        above = (loss(way) > LOW).nonzero().max().item()
        print(f"{name:10} {above + 1:16} {first_step(name, 1):23.2f} {first_step(name, 100):14.2f}")
    a, b = np.linspace(-2.3, 0.9, 65), np.linspace(-0.6, 0.6, 49)
    height = loss(torch.cartesian_prod(torch.tensor(a), torch.tensor(b))).reshape(65, 49).T
    colors = (ORANGE, BLUE, GREEN, PURPLE)
    with picture(path, 8, 4.6, nrows=2, ncols=2, sharex=True, sharey=True) as grid:
        for axes, (name, way), color in zip(grid.flat, ways.items(), colors, strict=True):
            axes.contour(a, b, height, levels=[0.1, 0.5, 2, 5, 10, 16], colors=GREY, linewidths=0.5)
            axes.plot(*way.T, ".-", color=color, linewidth=1, markersize=4)
            axes.set(title=f"{name}, learning rate {RATES[name]:g}")
            axes.grid(False)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

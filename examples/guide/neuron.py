"""A neuron: a weighted sum and a bias, passed through an activation."""

import sys
from pathlib import Path

import numpy as np
import torch

from picture import BLUE, INK, ORANGE, draw_net, picture

PICTURE = Path(__file__).with_suffix(".svg")

WEIGHTS, BIAS = torch.tensor([0.5, 1.5]), torch.tensor(0.3)
POINT = torch.tensor([2.0, -1.0])


def neuron(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted sum and output for rows of two inputs."""
    z = x @ WEIGHTS + BIAS
    return z, torch.sigmoid(z)


def main(path: Path = PICTURE) -> None:
    """Print the computation for one row, and draw the output over the plane of both inputs."""
    z, output = neuron(POINT)
    parts = POINT * WEIGHTS
    print(f"0.5 · 2 + 1.5 · (-1) + 0.3 = {parts[0]:.1f} - {-parts[1]:.1f} + {BIAS:.1f} = {z:.1f}")
    print(f"sigmoid({z:.1f}) = {output:.3f}")
    side = torch.linspace(-4, 4, 41)
    grid = torch.cartesian_prod(side, side)
    values = neuron(grid)[1].reshape(41, 41).T.numpy()
    with picture(path, 8, 3.2, ncols=2) as (left, axes):
        draw_net(
            left, [["2", "-1"], [f"{output:.2f}"]], {(0, 0, 0): "0.5", (0, 1, 0): "1.5"}, ["inputs", "neuron"]
        )
        left.annotate("bias 0.3", (1, -0.75), ha="center")
        levels = np.array([0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
        lines = axes.contour(side, side, values, levels=levels, colors=BLUE)
        axes.clabel(lines, fmt="%g", colors=INK, fontsize=9)
        axes.plot(*POINT, "o", color=ORANGE)
        axes.set(
            xlabel="$x_1$",
            ylabel="$x_2$",
            title="output at each $x_1$, $x_2$; the dot is the row on the left",
        )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

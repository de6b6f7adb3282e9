"""Value and slope of each activation in netable."""

import sys
from pathlib import Path

import torch

from netable.nn import ACTIVATIONS
from picture import BLUE, ORANGE, picture

PICTURE = Path(__file__).with_suffix(".svg")


def main(path: Path = PICTURE) -> None:
    """Print each activation at -2 and at 2, and draw it with its slope."""
    x = torch.linspace(-4, 4, 81).requires_grad_()
    low, high = 20, 60  # -2 and 2
    print("             value at -2    slope   value at 2    slope")
    with picture(path, 8, 3.6, nrows=2, ncols=4, sharex=True) as grid:
        for axes, (name, make) in zip(grid.flat, ACTIVATIONS.items(), strict=True):
            y = make()(x)
            (slope,) = torch.autograd.grad(y.sum(), x)
            at = [float(values[place]) for place in (low, high) for values in (y.detach(), slope)]
            print(f"{name:10} {at[0]:12.3f} {at[1]:9.3f} {at[2]:11.3f} {at[3]:9.3f}")
            axes.plot(x.detach(), y.detach(), color=BLUE)
            axes.plot(x.detach(), slope, color=ORANGE, linestyle="--")
            axes.set(title=name, ylim=(-1.9, 2.6), xticks=(-4, -2, 0, 2, 4), yticks=(-1, 0, 1, 2))
        grid[0, 0].annotate("value", (1.4, 1.9), color=BLUE, ha="right")
        grid[0, 0].annotate("slope", (-1.5, 0.3), color=ORANGE, ha="right")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

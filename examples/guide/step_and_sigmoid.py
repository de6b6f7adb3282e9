"""Values and slopes of a step function and a sigmoid."""

import sys
from pathlib import Path

import numpy as np
import torch

from picture import picture

PICTURE = Path(__file__).with_suffix(".svg")


def sigmoid_and_slope(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The sigmoid, and its derivative by autograd."""
    x = x.clone().requires_grad_()
    y = torch.sigmoid(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return y.detach(), slope


def main(path: Path = PICTURE) -> None:
    """Print values and slopes at five points, and draw both."""
    points = torch.tensor([-4.0, -1.0, 0.0, 1.0, 4.0])
    values, slopes = sigmoid_and_slope(points)
    print("   x   step   slope   sigmoid   slope")
    for x, y, slope in zip(points, values, slopes, strict=True):
        step, step_slope = ("jump", "none") if x == 0 else (f"{float(x > 0):.0f}", "0")
        print(f"{x:4.0f}   {step:>4}   {step_slope:>5}   {y:7.3f}   {slope:.3f}")
    x = torch.linspace(-6, 6, 241)
    y, slope = sigmoid_and_slope(x)
    print(f"steepest slope of the sigmoid: {slope.max():.2f}")
    jump = x.abs() < 1e-6
    step = np.where(jump, np.nan, x > 0)
    with picture(path, 8, 2.6, ncols=2) as (left, right):
        left.plot(x, step, label="step")
        left.plot(x, y, label="sigmoid")
        left.set(title="value", xlabel="$z$")
        left.legend()
        right.plot(x, np.where(jump, np.nan, 0.0), label="step")
        right.plot(x, slope, label="sigmoid")
        right.set(title="slope", xlabel="$z$")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

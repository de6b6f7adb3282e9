"""Value and slope of a step function and of each activation in netable."""

from typing import Any

import torch
from torch import Tensor

from netable.nn import ACTIVATIONS

POINTS = torch.tensor([-4.0, -1.0, -0.1, 0.1, 1.0, 4.0])


def step(x: Tensor) -> Tensor:
    """Unit step function. Adding `0 * x` keeps it in the autograd graph."""
    return torch.heaviside(x.detach(), torch.tensor(0.0)) + 0 * x


def value_and_slope(function: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """The function and its derivative at every point."""
    x = x.clone().requires_grad_()
    y = function(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return y.detach(), slope


def main() -> dict[str, Any]:
    """Print value and slope of every activation at a few points, and its maximum slope."""
    functions = {"step": step, **{name: make() for name, make in ACTIVATIONS.items()}}
    dense = torch.linspace(-8, 8, 1601)  # includes zero, where the sigmoid is steepest
    result = {}
    print("x" + " " * 19 + "".join(f"{x:8.1f}" for x in POINTS.tolist()) + "   maximum slope")
    for name, function in functions.items():
        value, slope = value_and_slope(function, POINTS)
        steepest = float(value_and_slope(function, dense)[1].max())
        print(f"{name:11} value   " + "".join(f"{v:8.3f}" for v in value.tolist()))
        print(f"{'':11} slope   " + "".join(f"{v:8.3f}" for v in slope.tolist()) + f"{steepest:12.3f}")
        result[name] = {"value": value, "slope": slope, "steepest": steepest}
    return result


if __name__ == "__main__":
    main()

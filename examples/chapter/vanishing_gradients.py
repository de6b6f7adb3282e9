"""The vanishing gradient: each layer's gradient under ten sigmoid layers and under ten ReLU layers."""

import sys
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

from netable.train import gradient_norms

LAYERS = 10
WIDTH = 32
PLOT = Path(__file__).with_suffix(".svg")


def norms(activation: type[nn.Module]) -> list[float]:
    """The gradient's length in each hidden layer, input side first, after one backward pass on all rows."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)
    x = (x - x.mean(0)) / x.std(0)
    torch.manual_seed(0)
    widths = [x.shape[1]] + [WIDTH] * LAYERS
    layers = []
    for before, after in pairwise(widths):
        linear = nn.Linear(before, after)
        nn.init.kaiming_normal_(linear.weight)  # keeps a ReLU's signal at its size
        layers += [linear, activation()]
    net = nn.Sequential(*layers, nn.Linear(WIDTH, 1))
    nn.functional.binary_cross_entropy_with_logits(net(x), y).backward()
    return list(gradient_norms(net).values())[:LAYERS]


def plot(curves: dict[str, list[float]], path: Path) -> None:
    """The lengths on a logarithmic scale: a straight fall is a constant factor a layer."""
    plt.rcParams.update(
        {"svg.hashsalt": "netable", "svg.fonttype": "none"}
    )  # a small file, the same every time
    figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for name, values in curves.items():
        axes.semilogy(range(1, LAYERS + 1), values, marker="o", label=f"{LAYERS} {name} layers")
    axes.set(xlabel="hidden layer (1 is next to the input)", ylabel="length of the gradient")
    axes.set_xticks(range(1, LAYERS + 1))
    axes.legend()
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main(path: Path = PLOT) -> dict[str, list[float]]:
    """Print and plot both curves."""
    curves = {"ReLU": norms(nn.ReLU), "sigmoid": norms(nn.Sigmoid)}
    print("hidden layer   ReLU      sigmoid")
    for layer, (relu, sigmoid) in enumerate(zip(*curves.values(), strict=True), start=1):
        print(f"{layer:12}   {relu:.1e}   {sigmoid:.1e}")
    plot(curves, path)
    print(f"plotted in {path.name}")
    return curves


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

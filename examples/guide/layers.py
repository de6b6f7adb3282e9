"""The forward pass of one row through a small network, layer by layer."""

import sys
from pathlib import Path

import torch
from torch import nn

from picture import draw_net, picture

PICTURE = Path(__file__).with_suffix(".svg")

ROW, TARGET = torch.tensor([[2.0, 1.0]]), torch.tensor([[2.0]])


def make_net() -> nn.Sequential:
    """Two inputs, two ReLU units, one output, with simple weights."""
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[0.5, 0.5], [-1.0, 0.5]]))
        net[2].weight.copy_(torch.tensor([[2.0, 1.0]]))
        net[0].bias.zero_()
        net[2].bias.zero_()
    return net


@torch.no_grad()
def main(path: Path = PICTURE) -> None:
    """Print the output of each layer, and draw the network with these values."""
    net = make_net()
    z = net[0](ROW)
    h = net[1](z)
    output = net[2](h)
    print("layer 1, input:  x = 2, 1")
    print(f"layer 2, hidden: z = {z[0, 0]:g}, {z[0, 1]:g}   after ReLU h = {h[0, 0]:g}, {h[0, 1]:g}")
    loss = nn.MSELoss()(output, TARGET)
    print(f"layer 3, output: {output.item():g}   the target is 2, so the loss is {loss:g}")
    print(f"weights and biases: {sum(p.numel() for p in net.parameters())}")
    units = [["2", "1"], [f"{h[0, 0]:g}", f"{h[0, 1]:g}"], [f"{output.item():g}"]]
    with picture(path, 6, 2.8) as axes:
        titles = ["layer 1: input", "layer 2: hidden", "layer 3: output"]
        draw_net(axes, units, weights_of(net), titles, off=((1, 1),))


def weights_of(net: nn.Sequential) -> dict[tuple[int, int, int], str]:
    """The label of each connection, by layer, source unit and target unit."""
    return {
        (layer, i, j): f"{weight:g}"
        for layer, linear in enumerate((net[0], net[2]))
        for j, row in enumerate(linear.weight.tolist())
        for i, weight in enumerate(row)
    }


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

"""Back-propagation by hand on the network of layers.py, compared with autograd, and one gradient step."""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from layers import ROW, TARGET, make_net
from picture import draw_net, picture

PICTURE = Path(__file__).with_suffix(".svg")

LEARNING_RATE = 0.01


@torch.no_grad()
def by_hand(net: nn.Sequential) -> dict[str, Tensor]:
    """Gradients of the loss with respect to each weight and bias, from the output backwards."""
    z = net[0](ROW)
    h = z.clamp(min=0)
    d_output = 2 * (net[2](h) - TARGET)  # derivative of the squared error
    d_h = d_output @ net[2].weight
    d_z = d_h * (z > 0)  # ReLU's slope is 0 or 1
    return {
        "0.weight": d_z.T @ ROW,
        "0.bias": d_z.sum(0),
        "2.weight": d_output.T @ h,
        "2.bias": d_output.sum(0),
    }


def main(path: Path = PICTURE) -> None:
    """Print the gradients by hand and by autograd, and the loss before and after a step."""
    net, loss = make_net(), nn.MSELoss()
    before = loss(net(ROW), TARGET)
    before.backward()
    gradients = by_hand(net)
    print("            by hand          autograd")
    for name, parameter in net.named_parameters():
        hand, auto = (
            ", ".join(f"{value + 0:g}" for value in gradient.flatten().tolist())
            for gradient in (gradients[name], parameter.grad)
        )
        print(f"{name:9}   {hand:14}   {auto}")
    torch.optim.SGD(net.parameters(), lr=LEARNING_RATE).step()
    print(f"loss before {before.item():g}, after a step of {LEARNING_RATE:g}: {loss(net(ROW), TARGET):.4f}")
    first, second = gradients["0.weight"], gradients["2.weight"]
    labels = {(0, i, j): f"{first[j, i] + 0:g}" for i in range(2) for j in range(2)}
    labels |= {(1, i, 0): f"{second[0, i] + 0:g}" for i in range(2)}
    with picture(path, 6, 2.8) as axes:
        titles = ["layer 1: input", "layer 2: hidden", "layer 3: output"]
        draw_net(axes, [["$x_1$", "$x_2$"], ["4", "0"], ["2"]], labels, titles, off=((1, 1),))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

"""Back-propagation by hand through two layers, compared with autograd."""

import torch
from torch import Tensor, nn

from netable.nn import NeuralNetwork


@torch.no_grad()
def by_hand(net: nn.Sequential, x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Gradients of the mean binary cross-entropy, from the output back to the input."""
    first, _, second, _ = net
    z1 = x @ first.weight.T + first.bias  # (rows, 4), before the ReLU
    h = z1.clamp(min=0)
    p = 1 / (1 + torch.exp(-(h @ second.weight.T + second.bias)))  # (rows, 1), the output

    d_p = (p - y) / (p * (1 - p)) / len(x)  # ∂loss/∂p of -(y ln p + (1-y) ln(1-p)), mean over rows
    d_z2 = d_p * p * (1 - p)  # times the sigmoid's slope p(1-p); simplifies to (p - y) / rows
    d_h = d_z2 @ second.weight  # weighted by each unit's output weight
    d_z1 = d_h * (z1 > 0)  # times the ReLU's slope, 0 or 1
    return {
        "0.weight": d_z1.T @ x,
        "0.bias": d_z1.sum(0),
        "2.weight": d_z2.T @ h,
        "2.bias": d_z2.sum(0),
    }


def main() -> dict[str, float]:
    """Print the differences between the gradients by hand and by autograd."""
    torch.manual_seed(0)
    net = NeuralNetwork(3).double()
    x = torch.randn(8, 3, dtype=torch.float64)
    y = torch.randint(0, 2, (8, 1)).double()
    nn.functional.binary_cross_entropy(net(x), y).backward()
    gradients = by_hand(net, x, y)
    distances = {}
    print("parameter   largest gradient   largest difference from autograd")
    for name, parameter in net.named_parameters():
        distances[name] = float((gradients[name] - parameter.grad).abs().max())
        print(f"{name:9} {float(parameter.grad.abs().max()):18.6f}   {distances[name]:.1e}")
    return distances


if __name__ == "__main__":
    main()

"""The gradient of every hidden layer of a deep network, after one step of training."""

import torch
from torch import nn

from netable.nn import MLP
from netable.train import gradient_norms, make_optimizer, train_epoch


def gradients(activation: str, depth: int) -> list[float]:
    """The length of the gradient of each hidden layer's weights, from the input side to the output side."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(512, 8, generator=generator)
    y = (x[:, :1] + x[:, 1:2] > 1).float()  # a quarter of the rows
    net = MLP(8, 1, hidden_layer_sizes=[16] * depth, activation=activation, generator=generator)
    criterion = nn.BCEWithLogitsLoss()
    # The output layer starts at zero and passes nothing back, until the first step has moved it.
    train_epoch(net, criterion, make_optimizer("sgd", net.named_parameters(), lr=0.1), [(x, y)])
    net.zero_grad()
    criterion(net(x), y).backward()
    return list(gradient_norms(net).values())[:depth]

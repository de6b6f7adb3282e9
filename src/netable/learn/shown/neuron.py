"""A neuron of two inputs: a weighted sum, a bias, and a sigmoid."""

import torch

from netable.nn import LogisticRegression


def neuron(weights: list[float], bias: float) -> LogisticRegression:
    """A neuron with these weights and this bias; netable has it as a logistic regression."""
    net = LogisticRegression(2)
    net.load_state_dict({"0.weight": torch.tensor([weights]), "0.bias": torch.tensor([bias])})
    return net


def output(net: LogisticRegression, x1: float, x2: float) -> float:
    """Its output, between 0 and 1."""
    return float(net(torch.tensor([[x1, x2]])).item())

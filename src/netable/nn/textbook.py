"""Three textbook models as plain PyTorch, for the examples in `examples/chapter`."""

from __future__ import annotations

from torch import nn

from netable.errors import check_at_least


class LinearRegression(nn.Sequential):
    """Linear regression: a weighted sum of the features and a bias.

    Shape
    -----
    x : (batch, d_in)
    returns : (batch, 1)
    """

    def __init__(self, d_in: int) -> None:
        check_at_least("d_in", d_in, 1, integer=True)
        super().__init__(nn.Linear(d_in, 1))


class LogisticRegression(nn.Sequential):
    """Logistic regression: a linear map and a sigmoid. Returns probabilities.

    Shape
    -----
    x : (batch, d_in)
    returns : (batch, 1), probabilities of the second class
    """

    def __init__(self, d_in: int) -> None:
        check_at_least("d_in", d_in, 1, integer=True)
        super().__init__(nn.Linear(d_in, 1), nn.Sigmoid())


class NeuralNetwork(nn.Sequential):
    """One hidden layer of ReLU units, then a linear map and a sigmoid. Returns probabilities.

    Shape
    -----
    x : (batch, d_in)
    returns : (batch, 1), probabilities of the second class
    """

    def __init__(self, d_in: int, d_hidden: int = 4) -> None:
        check_at_least("d_in", d_in, 1, integer=True)
        check_at_least("d_hidden", d_hidden, 1, integer=True)
        super().__init__(nn.Linear(d_in, d_hidden), nn.ReLU(), nn.Linear(d_hidden, 1), nn.Sigmoid())

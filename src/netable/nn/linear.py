"""The chapter's two linear models, as plain PyTorch. They return what the chapter's return."""

from __future__ import annotations

from torch import nn

from netable.errors import check_at_least


class LinearRegression(nn.Sequential):
    """A weighted sum of the features and a bias.

    Shape
    -----
    x : (batch, d_in)
    returns : (batch, 1)
    """

    def __init__(self, d_in: int) -> None:
        check_at_least("d_in", d_in, 1, integer=True)
        super().__init__(nn.Linear(d_in, 1))


class LogisticRegression(nn.Sequential):
    """A weighted sum of the features and a bias, through a sigmoid. It returns probabilities.

    Shape
    -----
    x : (batch, d_in)
    returns : (batch, 1), probabilities of the second class
    """

    def __init__(self, d_in: int) -> None:
        check_at_least("d_in", d_in, 1, integer=True)
        super().__init__(nn.Linear(d_in, 1), nn.Sigmoid())

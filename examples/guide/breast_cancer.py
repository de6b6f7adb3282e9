"""The rows of several examples: tumours, 30 measurements of each; some to learn from, some held out."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor

HELD_OUT_EVERY = 5  # rows


def load() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Measurements and benign or not (1 or 0) of the training rows, then of the held-out rows."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)
    held_out = torch.arange(len(x)) % HELD_OUT_EVERY == 0
    return x[~held_out], y[~held_out], x[held_out], y[held_out]


def standardize(x: Tensor, like: Tensor) -> Tensor:
    """Each column less its mean, by its deviation; both from the rows `like`."""
    return (x - like.mean(0)) / like.std(0)

"""Breast cancer data for several examples: 30 measurements per tumour, split into training and held-out rows."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor

HELD_OUT_EVERY = 5  # rows


def load() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return x and y (1 for benign) of the training rows, then x and y of the held-out rows."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)
    held_out = torch.arange(len(x)) % HELD_OUT_EVERY == 0
    return x[~held_out], y[~held_out], x[held_out], y[held_out]


def standardize(x: Tensor, reference: Tensor) -> Tensor:
    """Subtract each column's mean and divide by its standard deviation, both computed from `reference`."""
    return (x - reference.mean(0)) / reference.std(0)

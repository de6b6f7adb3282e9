"""Squared error for numbers, and cross-entropy for classes."""

import sys
from pathlib import Path

import torch
from torch.nn import functional as F

from picture import picture

PICTURE = Path(__file__).with_suffix(".svg")


def main(path: Path = PICTURE) -> None:
    """Print the losses of small and large errors and a softmax, and draw the losses."""
    print("off by          1     2     10")
    print("squared error " + "".join(f"{error**2:3.0f}   " for error in (1, 2, 10)).rstrip())
    print("\nprobability of the true class    0.99    0.5   0.01")
    probability = torch.tensor([0.99, 0.5, 0.01])
    print("cross-entropy                  " + "".join(f"{value:7.2f}" for value in -probability.log()))
    print("squared error                  " + "".join(f"{value:7.2f}" for value in (1 - probability) ** 2))
    logits = torch.tensor([[2.0, 1.0, 0.0]])
    print("\nlogits 2, 1, 0 through softmax: " + ", ".join(f"{p:.3f}" for p in logits.softmax(-1)[0]))
    losses = [F.cross_entropy(logits, torch.tensor([truth])).item() for truth in range(3)]
    listed = ", ".join(f"{value:.2f}" for value in losses)
    print(f"cross-entropy if the true class is the first, second, third: {listed}")
    error, p = torch.linspace(-3, 3, 61), torch.linspace(0.005, 1, 200)
    with picture(path, 8, 2.8, ncols=2) as (left, right):
        left.plot(error, error**2)
        left.set(title="a number: squared error", xlabel="prediction minus target")
        right.plot(p, -p.log(), label="cross-entropy")
        right.plot(p, (1 - p) ** 2, label="squared error")
        right.set(title="a class", xlabel="probability of the true class")
        right.legend()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

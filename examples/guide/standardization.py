"""Training without standardization, with one mean for the whole table, and with one per column."""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from breast_cancer import load, standardize
from netable.nn import LogisticRegression
from picture import ORANGE, picture

PICTURE = Path(__file__).with_suffix(".svg")

EPOCHS = 300


def fit(x_train: Tensor, y_train: Tensor, x_test: Tensor, y_test: Tensor) -> tuple[list[float], float]:
    """Train a logistic regression; return its training loss by epoch and its held-out accuracy."""
    torch.manual_seed(0)
    net, criterion = LogisticRegression(x_train.shape[1]), nn.BCELoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        loss = criterion(net(x_train), y_train)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, ((net(x_test) >= 0.5) == (y_test == 1)).float().mean().item()


def main(path: Path = PICTURE) -> None:
    """Print and draw the three variants, then the effect of one mistyped cell."""
    x_train, y_train, x_test, y_test = load()
    variants = {
        "none": (x_train, x_test),
        "whole table": tuple((x - x_train.mean()) / x_train.std() for x in (x_train, x_test)),
        "per column": (standardize(x_train, x_train), standardize(x_test, x_train)),
    }
    spread = x_train.std(0)
    print(f"smallest and largest standard deviation of a column: {spread.min():.4f}, {spread.max():.0f}")
    print("standardization   final loss   held-out accuracy")
    curves = {}
    for name, (train, test) in variants.items():
        curves[name], accuracy = fit(train, y_train, test, y_test)
        print(f"{name:16} {curves[name][-1]:11.3f}   {accuracy:17.3f}")
    x_test[0, 0] *= 1000  # one held-out cell, mistyped
    both = torch.cat([x_train, x_test])
    print("\nfirst column    mean    std")
    for name, rows in (("training rows", x_train), ("all rows", both)):
        print(f"{name:13} {rows[:, 0].mean():6.1f}   {rows[:, 0].std():6.1f}")
    with picture(path, 8, 3, ncols=2) as (left, right):
        left.bar(range(1, len(spread) + 1), sorted(spread.tolist()), color=ORANGE)
        left.set(yscale="log", title="standard deviation of each column", xlabel="column, sorted")
        for name in ("whole table", "per column"):
            right.plot(curves[name], label=name)
        right.set(title="training loss", xlabel="epoch", ylim=(0, None))
        right.legend()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

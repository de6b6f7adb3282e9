"""Columns as they come, standardized as one matrix, and each by itself; and whose statistics may be used."""

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from breast_cancer import load, standardize
from netable.nn import LogisticRegression
from picture import ORANGE, picture

PICTURE = Path(__file__).with_suffix(".svg")

EPOCHS = 300


def learn(x_train: Tensor, y_train: Tensor, x_test: Tensor, y_test: Tensor) -> tuple[list[float], float]:
    """The training loss by epoch, and the share of held-out rows that are told right."""
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
    """Print and draw three ways to learn from the same rows, then what one mistyped cell does."""
    x_train, y_train, x_test, y_test = load()
    ways = {
        "as they come": (x_train, x_test),
        "one matrix": tuple((x - x_train.mean()) / x_train.std() for x in (x_train, x_test)),
        "each column": (standardize(x_train, x_train), standardize(x_test, x_train)),
    }
    spread = x_train.std(0)
    print(f"smallest and largest deviation of a column: {spread.min():.4f}, {spread.max():.0f}")
    print("columns         last loss   right on held-out rows")
    curves = {}
    for name, (train, test) in ways.items():
        curves[name], right = learn(train, y_train, test, y_test)
        print(f"{name:14} {curves[name][-1]:10.3f}   {right:22.3f}")
    x_test[0, 0] *= 1000  # one held-out cell, mistyped
    both = torch.cat([x_train, x_test])
    print("\nfirst column    mean   deviation")
    for name, rows in (("training rows", x_train), ("all rows", both)):
        print(f"{name:13} {rows[:, 0].mean():6.1f}   {rows[:, 0].std():9.1f}")
    with picture(path, 8, 3, ncols=2) as (left, right):
        left.bar(range(1, len(spread) + 1), sorted(spread.tolist()), color=ORANGE)
        left.set(yscale="log", title="deviation of each of 30 columns", xlabel="column, smallest first")
        for name in ("one matrix", "each column"):
            right.plot(curves[name], label=name)
        right.set(title="training loss", xlabel="epoch", ylim=(0, None))
        right.legend()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

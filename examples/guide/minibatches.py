"""The same rows in one batch, in middling ones and in tiny ones: steps, and the loss after each pass."""

import sys
from pathlib import Path

import torch
from torch import nn

from breast_cancer import load, standardize
from netable.nn import NeuralNetwork
from netable.train import Batches, train_epoch
from picture import picture

PICTURE = Path(__file__).with_suffix(".svg")

EPOCHS = 20


def losses(batch_size: int) -> tuple[int, list[float]]:
    """Steps in a pass over the training rows, and the loss on all of them before the first and after each pass."""
    x_train, y_train, _, _ = load()
    x = standardize(x_train, x_train)
    torch.manual_seed(0)
    net = NeuralNetwork(x.shape[1], d_hidden=16)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    generator = torch.Generator().manual_seed(0)
    batches = Batches(x, y_train, batch_size=batch_size, generator=generator)
    criterion = nn.BCELoss()
    found = [criterion(net(x), y_train).item()]
    for _ in range(EPOCHS):
        train_epoch(net, criterion, optimizer, batches)
        found.append(criterion(net(x), y_train).item())
    return len(batches), found


def main(path: Path = PICTURE) -> None:
    """Print and draw the loss by passes."""
    print("rows in a batch   steps in a pass   loss after 1 pass   after 20")
    with picture(path, 5.5, 3) as axes:
        for batch_size in (455, 32, 4):
            steps, found = losses(batch_size)
            print(f"{batch_size:15} {steps:17} {found[1]:19.3f} {found[-1]:10.3f}")
            axes.plot(found, label=f"{batch_size} rows: {steps} steps a pass")
        axes.set(
            xlabel="passes over the rows (epochs)",
            ylabel="loss",
            ylim=(0, None),
            xticks=range(0, EPOCHS + 1, 5),
        )
        axes.legend()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

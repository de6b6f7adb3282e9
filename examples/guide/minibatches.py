"""The same rows in batches of three sizes: steps per epoch, and the loss after each epoch."""

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
    """Steps per epoch, and the loss on all training rows before training and after each epoch."""
    x_train, y_train, _, _ = load()
    x = standardize(x_train, x_train)
    torch.manual_seed(0)
    net = NeuralNetwork(x.shape[1], d_hidden=16)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    generator = torch.Generator().manual_seed(0)
    batches = Batches(x, y_train, batch_size=batch_size, generator=generator)
    criterion = nn.BCELoss()
    curve = [criterion(net(x), y_train).item()]
    for _ in range(EPOCHS):
        train_epoch(net, criterion, optimizer, batches)
        curve.append(criterion(net(x), y_train).item())
    return len(batches), curve


def main(path: Path = PICTURE) -> None:
    """Print and draw the loss by epoch."""
    print("batch size   steps per epoch   loss after 1 epoch   after 20")
    with picture(path, 5.5, 3) as axes:
        for batch_size in (455, 32, 4):
            steps, curve = losses(batch_size)
            print(f"{batch_size:10} {steps:17} {curve[1]:20.3f} {curve[-1]:10.3f}")
            axes.plot(curve, label=f"batch size {batch_size}: {steps} steps per epoch")
        axes.set(
            xlabel="epoch",
            ylabel="loss",
            ylim=(0, None),
            xticks=range(0, EPOCHS + 1, 5),
        )
        axes.legend()


if __name__ == "__main__":
    torch.set_num_threads(1)  # for a small network, several would only wait for each other
    main(*map(Path, sys.argv[1:]))

"""Vanishing gradients: ten sigmoid layers and ten ReLU layers, trained and diagnosed."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_breast_cancer
from torch import nn

from netable.doctor import Verdict
from netable.fit.evidence.diagnosis import diagnose_run
from netable.nn import MLP
from netable.train import Batches, History, train

LAYERS, WIDTH = 10, 32
EPOCHS = 30
PLOT = Path(__file__).with_suffix(".svg")


def run(activation: str) -> History:
    """Train ten hidden layers for thirty epochs, recording the gradient norm of each layer."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)
    x = (x - x.mean(0)) / x.std(0)
    generator = torch.Generator().manual_seed(0)
    net = MLP(x.shape[1], 1, hidden_layer_sizes=(WIDTH,) * LAYERS, activation=activation, generator=generator)
    return train(
        net,
        nn.BCEWithLogitsLoss(),
        torch.optim.Adam(net.parameters(), lr=0.001),
        Batches(x, y, batch_size=64, generator=generator),
        max_epochs=EPOCHS,
    )


def show(name: str, history: History, verdicts: list[Verdict]) -> None:
    """Print the losses, that of a constant, and the verdicts."""
    print(f"{LAYERS} {name} layers: loss {history.epochs[0].train_loss[0]:.2f} in the first epoch,")
    print(
        f"{history.epochs[-1].train_loss[0]:.2f} in the last; the best constant has {history.constant_loss:.2f}."
    )
    for verdict in verdicts:
        print(f"  {verdict.severity}: {verdict.seen}\n  why: {verdict.why}\n  try: {verdict.try_}")
    print("" if verdicts else "  The doctor found nothing wrong.\n")


def plot(histories: dict[str, History], path: Path) -> None:
    """Plot the gradient norms by layer on a logarithmic scale, one line per recorded epoch."""
    # A small, reproducible file.
    plt.rcParams.update({"svg.hashsalt": "netable", "svg.fonttype": "none"})
    figure, panels = plt.subplots(1, 2, figsize=(8, 3.5), sharey=True, layout="constrained")
    for axes, (name, history) in zip(panels, histories.items(), strict=True):
        # In the first step the zero output layer blocks all gradients.
        for reading in history.readings[1:]:
            norms = list(reading.gradient_norms.values())[:LAYERS]
            color = plt.get_cmap("viridis")(reading.epoch / EPOCHS)
            axes.semilogy(range(1, LAYERS + 1), norms, color=color, linewidth=1)
        axes.set(title=f"{LAYERS} {name} layers", xlabel="hidden layer (1 is next to the input)")
        axes.set_xticks(range(1, LAYERS + 1))
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("gradient norm")
    colors = plt.cm.ScalarMappable(plt.Normalize(1, EPOCHS), "viridis")
    figure.colorbar(colors, ax=panels, label="epoch")
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def main(path: Path = PLOT) -> dict[str, tuple[History, list[Verdict]]]:
    """Train both networks, diagnose and plot them."""
    runs = {}
    for name, activation in (("sigmoid", "sigmoid"), ("ReLU", "relu")):
        history = run(activation)
        runs[name] = history, diagnose_run(history)
        show(name, *runs[name])
    plot({name: history for name, (history, _) in runs.items()}, path)
    print(f"plotted in {path.name}")
    return runs


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

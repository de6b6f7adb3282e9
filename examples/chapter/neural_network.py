"""A hidden layer of four ReLU units on breast cancer, trained in batches, saved and loaded."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from netable.nn import NeuralNetwork
from netable.train import Batches, make_optimizer, train_epoch

CHAPTER = [0.5338, 0.3442, 0.2628, 0.2579, 0.2114, 0.1996, 0.2114, 0.2221, 0.2065, 0.2161]


def fit(epoch: Callable[[], Iterable], seed: int = 0, epochs: int = 100) -> tuple[nn.Module, list[float]]:
    """Train for some epochs; the loss of an epoch is the mean of its batches' losses."""
    torch.manual_seed(seed)
    model = NeuralNetwork(30)
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.1)
    criterion = nn.BCELoss()
    return model, [train_epoch(model, criterion, optimizer, epoch()) for _ in range(epochs)]


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Share of correctly classified rows."""
    return float(((model(x) >= 0.5) == y.bool()).float().mean())


def save_and_load(model: nn.Module) -> nn.Module:
    """Save the weights to a file and load them into a new network."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "breast_cancer.pt"
        torch.save(model.state_dict(), path)
        loaded = NeuralNetwork(30)
        # Without weights_only, a file can run any code.
        loaded.load_state_dict(torch.load(path, weights_only=True))
    return loaded


def main() -> dict[str, Any]:
    """Train as in the chapter, and in batches of equal size, and print its figures and ours."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)
    whole = (x - x.mean()) / x.std()

    kinds: dict[str, Callable[[], Iterable]] = {
        # As in the chapter: the last 57 rows count as much in the mean loss as 256 others.
        "256, 256, 57": lambda: [(whole[rows], y[rows]) for rows in torch.randperm(len(x)).split(256)],
        "190, 190, 190": lambda: Batches(whole, y, batch_size=256),
    }
    runs = {name: [fit(epoch, seed) for seed in range(20)] for name, epoch in kinds.items()}
    curves = {name: torch.tensor([losses[9::10] for _, losses in run]) for name, run in runs.items()}
    shares = {name: [accuracy(model, whole, y) for model, _ in run] for name, run in runs.items()}
    print("20 seeds, batches of   " + "      ".join(kinds), "epoch    chapter", sep="\n")
    for i, chapter in enumerate(CHAPTER):
        spreads = [f"{c[:, i].min():.3f} to {c[:, i].max():.3f}" for c in curves.values()]
        print(f"{10 * i + 10:5}     {chapter:.4f}    " + "    ".join(spreads))
    print("accuracy    0.92    " + "    ".join(f"{min(s):.3f} to {max(s):.3f}" for s in shares.values()))

    loader = DataLoader(TensorDataset(whole, y), batch_size=256, shuffle=True)
    print(f"with a DataLoader: {fit(lambda: loader, epochs=10)[1][-1]:.4f} at epoch 10")

    test = torch.arange(len(x)) % 5 == 0
    x = (x - x[~test].mean()) / x[~test].std()
    model, _ = fit(lambda: Batches(x[~test], y[~test], batch_size=256))
    loaded = save_and_load(model)
    figures = [accuracy(m, x[rows], y[rows]) for m, rows in ((model, ~test), (model, test), (loaded, test))]
    print("accuracy on training rows {:.3f}, held out {:.3f}, after loading {:.3f}".format(*figures))
    return {"losses": curves, "accuracies": shares, "held out": figures}


if __name__ == "__main__":
    torch.set_num_threads(1)  # for a small network, several would only wait for each other
    main()

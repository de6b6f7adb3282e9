"""A hidden layer of four ReLU units on breast cancer, in batches of up to 256; saved, loaded, and the same after it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from netable.nn import NeuralNetwork
from netable.train import Batches, make_optimizer, train_epoch

CHAPTER = [0.5338, 0.3442, 0.2628, 0.2579, 0.2114, 0.1996, 0.2114, 0.2221, 0.2065, 0.2161]
SEEDS = 20


def as_slices(x: Tensor, y: Tensor) -> Batches:
    """Three batches of 190: whole slices of the shuffled rows, all of one size."""
    return Batches(x, y, batch_size=256)


def row_by_row(x: Tensor, y: Tensor) -> DataLoader:
    """The chapter's way, row by row: 256, 256 and a last batch of 57, which weighs as much in the mean of losses."""
    return DataLoader(TensorDataset(x, y), batch_size=256, shuffle=True)


def learn(batches: Iterable, seed: int) -> tuple[nn.Module, list[float]]:
    """100 epochs; an epoch's loss is the plain mean of its batches' losses."""
    torch.manual_seed(seed)
    model = NeuralNetwork(30)
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.1)
    criterion = nn.BCELoss()
    return model, [train_epoch(model, criterion, optimizer, batches) for _ in range(100)]


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """The share of rows whose class is predicted."""
    return float(((model(x) >= 0.5) == y.bool()).float().mean())


def over_seeds(make: Callable, x: Tensor, y: Tensor) -> tuple[Tensor, list[float], float]:
    """Losses at every tenth epoch, accuracies, and the seconds that one run takes."""
    started = perf_counter()
    runs = [learn(make(x, y), seed) for seed in range(SEEDS)]
    seconds = (perf_counter() - started) / SEEDS
    return torch.tensor([losses[9::10] for _, losses in runs]), [accuracy(m, x, y) for m, _ in runs], seconds


def after_loading(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """The accuracy of a second network that is given the first one's saved weights."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "breast_cancer.pt"
        torch.save(model.state_dict(), path)
        loaded = NeuralNetwork(30)
        # Without weights_only a stranger's file could run a stranger's code.
        loaded.load_state_dict(torch.load(path, weights_only=True))
    return accuracy(loaded, x, y)


def main() -> dict:
    """Train as the chapter does, in both kinds of batches, and print its figures beside ours."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)
    whole = (x - x.mean()) / x.std()
    loader, loader_accuracy, loader_seconds = over_seeds(row_by_row, whole, y)
    slices, slices_accuracy, slices_seconds = over_seeds(as_slices, whole, y)

    print(f"epoch  chapter   DataLoader, {SEEDS} seeds   Batches, {SEEDS} seeds")
    for i, chapter in enumerate(CHAPTER):
        a, b = loader[:, i], slices[:, i]
        print(f"{10 * i + 10:5}   {chapter:.4f}    {a.min():.4f} to {a.max():.4f}    {b.min():.4f} to {b.max():.4f}")
    print("accuracy  0.92", end="")
    for values in (loader_accuracy, slices_accuracy):
        print(f"      {min(values):.3f} to {max(values):.3f}", end="")
    print(f"   (on the rows learned from)\nseconds          {loader_seconds:12.2f} {slices_seconds:19.2f}")

    test = torch.arange(len(x)) % 5 == 0
    mean, deviation = x[~test].mean(), x[~test].std()
    x_train, x_test = (x[~test] - mean) / deviation, (x[test] - mean) / deviation
    model, _ = learn(as_slices(x_train, y[~test]), seed=0)
    result = {
        "loader_losses": loader,
        "losses": slices,
        "loader_accuracies": loader_accuracy,
        "accuracies": slices_accuracy,
        "accuracy": accuracy(model, x_train, y[~test]),
        "held_out_accuracy": accuracy(model, x_test, y[test]),
        "loaded_accuracy": after_loading(model, x_test, y[test]),
    }
    print(f"\nlearned from four rows in five: accuracy {result['accuracy']:.3f} on them,", end=" ")
    print(f"{result['held_out_accuracy']:.3f} held out, {result['loaded_accuracy']:.3f} after saving and loading")
    return result


if __name__ == "__main__":
    main()

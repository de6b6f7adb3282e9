"""Logistic regression by gradient descent on breast cancer: losses, and accuracy on training and held-out rows."""

from typing import Any

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn

from netable.nn import LogisticRegression
from netable.train import make_optimizer, train_epoch

CHAPTER = [0.6046, 0.5323, 0.4806, 0.4422, 0.4126, 0.3891, 0.3701, 0.3543, 0.3411, 0.3298]


def fit(x: Tensor, y: Tensor, seed: int = 0) -> tuple[nn.Module, list[float]]:
    """Train for 100 epochs, one step on all rows each."""
    torch.manual_seed(seed)
    model = LogisticRegression(30)
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.1)
    criterion = nn.BCELoss()
    return model, [train_epoch(model, criterion, optimizer, [(x, y)]) for _ in range(100)]


@torch.no_grad()
def count_correct(model: nn.Module, x: Tensor, y: Tensor) -> int:
    """Number of correctly classified rows; a probability of at least 0.5 means class 1."""
    return int(((model(x) >= 0.5) == y.bool()).sum())


def main() -> dict[str, Any]:
    """Train as in the chapter, and print its figures and ours."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)  # (569, 1), like the output
    whole = (x - x.mean()) / x.std()
    runs = [fit(whole, y, seed) for seed in range(20)]
    curves = torch.tensor([losses[9::10] for _, losses in runs])

    print("epoch  chapter   ours   with 20 seeds")
    for i, chapter in enumerate(CHAPTER):
        ours = curves[:, i]
        print(f"{10 * i + 10:5}   {chapter:.4f}  {ours[0]:.4f}   {ours.min():.4f} to {ours.max():.4f}")

    right = [count_correct(model, whole, y) for model, _ in runs]
    # The chapter prints this count as an accuracy.
    print(f"correct of the 569 training rows: 518, {right[0]}, with 20 seeds {min(right)} to {max(right)}")

    test = torch.arange(len(x)) % 5 == 0
    x = (x - x[~test].mean()) / x[~test].std()
    model, _ = fit(x[~test], y[~test])
    shares = [count_correct(model, x[rows], y[rows]) / int(rows.sum()) for rows in (~test, test)]
    print("accuracy on training rows {:.3f}, held out {:.3f}".format(*shares))
    return {"losses": curves, "right": right, "held out": shares}


if __name__ == "__main__":
    torch.set_num_threads(1)  # for a small network, several would only wait for each other
    main()

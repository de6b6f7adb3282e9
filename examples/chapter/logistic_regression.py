"""Logistic regression by gradient descent on breast cancer: losses, the rows it gets right, rows held out."""

from typing import Any

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn

from netable.nn import LogisticRegression
from netable.train import make_optimizer, train_epoch

CHAPTER = [0.6046, 0.5323, 0.4806, 0.4422, 0.4126, 0.3891, 0.3701, 0.3543, 0.3411, 0.3298]


def learn(x: Tensor, y: Tensor, seed: int = 0) -> tuple[nn.Module, list[float]]:
    """100 epochs, each one step on all rows."""
    torch.manual_seed(seed)
    model = LogisticRegression(30)
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.1)
    criterion = nn.BCELoss()
    return model, [train_epoch(model, criterion, optimizer, [(x, y)]) for _ in range(100)]


@torch.no_grad()
def count_right(model: nn.Module, x: Tensor, y: Tensor) -> int:
    """Rows whose class is predicted: a probability of at least one half means class 1."""
    return int(((model(x) >= 0.5) == y.bool()).sum())


def main() -> dict[str, Any]:
    """Train as the chapter does and print its figures beside ours."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)  # (569, 1), as the output
    whole = (x - x.mean()) / x.std()
    runs = [learn(whole, y, seed) for seed in range(20)]
    curves = torch.tensor([losses[9::10] for _, losses in runs])

    print("epoch  chapter   ours   with 20 seeds")
    for i, chapter in enumerate(CHAPTER):
        ours = curves[:, i]
        print(f"{10 * i + 10:5}   {chapter:.4f}  {ours[0]:.4f}   {ours.min():.4f} to {ours.max():.4f}")

    right = [count_right(model, whole, y) for model, _ in runs]
    # The chapter prints this count as an accuracy.
    print(f"right of the 569 rows learned from: 518, {right[0]}, with 20 seeds {min(right)} to {max(right)}")

    test = torch.arange(len(x)) % 5 == 0
    x = (x - x[~test].mean()) / x[~test].std()
    model, _ = learn(x[~test], y[~test])
    shares = [count_right(model, x[rows], y[rows]) / int(rows.sum()) for rows in (~test, test)]
    print("accuracy on rows learned from {:.3f}, held out {:.3f}".format(*shares))
    return {"losses": curves, "right": right, "held out": shares}


if __name__ == "__main__":
    main()

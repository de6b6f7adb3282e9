"""Logistic regression by gradient descent on breast cancer: the chapter's losses, its 518 of 569, and rows held out."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import Tensor, nn

from netable.nn import LogisticRegression
from netable.train import make_optimizer, train_epoch

CHAPTER = [0.6046, 0.5323, 0.4806, 0.4422, 0.4126, 0.3891, 0.3701, 0.3543, 0.3411, 0.3298]
SEEDS = 20


def learn(x: Tensor, y: Tensor, seed: int) -> tuple[nn.Module, list[float]]:
    """100 epochs, each one step on all rows."""
    torch.manual_seed(seed)
    model = LogisticRegression(x.shape[1])
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.1)
    criterion = nn.BCELoss()
    return model, [train_epoch(model, criterion, optimizer, [(x, y)]) for _ in range(100)]


@torch.no_grad()
def right(model: nn.Module, x: Tensor, y: Tensor) -> int:
    """Rows whose class is predicted: probabilities of at least one half count as class 1."""
    return int(((model(x) >= 0.5) == y.bool()).sum())


def main() -> dict:
    """Train as the chapter does and print its figures beside ours."""
    data = load_breast_cancer()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target, dtype=torch.float32).unsqueeze(-1)  # (569, 1), as the model returns it
    whole = (x - x.mean()) / x.std()
    runs = [learn(whole, y, seed) for seed in range(SEEDS)]
    curves = torch.tensor([losses[9::10] for _, losses in runs])

    print(f"epoch  chapter   ours   over {SEEDS} first weights")
    for i, chapter in enumerate(CHAPTER):
        ours = curves[:, i]
        print(f"{10 * i + 10:5}   {chapter:.4f}  {ours[0]:.4f}   {ours.min():.4f} to {ours.max():.4f}")

    counts = [right(model, whole, y) for model, _ in runs]
    print(f"\nright on the {len(x)} rows learned from (the chapter prints this count as an accuracy)")
    print(f"chapter 518, ours {counts[0]}, over {SEEDS} first weights {min(counts)} to {max(counts)}")

    test = torch.arange(len(x)) % 5 == 0
    mean, deviation = x[~test].mean(), x[~test].std()
    x_train, x_test = (x[~test] - mean) / deviation, (x[test] - mean) / deviation
    model, _ = learn(x_train, y[~test], seed=0)
    result = {
        "losses": curves,
        "right": counts,
        "accuracy": right(model, x_train, y[~test]) / len(x_train),
        "held_out_accuracy": right(model, x_test, y[test]) / len(x_test),
    }
    print(f"\nlearned from four rows in five: accuracy {result['accuracy']:.3f} on them,", end=" ")
    print(f"{result['held_out_accuracy']:.3f} on the {len(x_test)} held out")
    return result


if __name__ == "__main__":
    main()

"""Softmax regression on iris, with integer class codes and cross-entropy on logits."""

import math
from typing import Any

import torch
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from netable.nn import MLP
from netable.train import make_optimizer, train_epoch


def main() -> dict[str, Any]:
    """Train on four fifths of the rows and print the accuracy on training and held-out rows."""
    data = load_iris()
    x = torch.tensor(data.data, dtype=torch.float32)
    y = torch.tensor(data.target)  # (150,) integers: cross-entropy takes class codes, not one-hot columns
    test = torch.arange(len(x)) % 5 == 0
    x = (x - x[~test].mean(0)) / x[~test].std(0)  # by column, from the training rows

    model = MLP(4, 3)  # no hidden layer: a linear map to one logit per class
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.5)
    criterion = nn.CrossEntropyLoss()  # includes the softmax
    losses = [train_epoch(model, criterion, optimizer, [(x[~test], y[~test])]) for _ in range(200)]
    # The last layer starts at zero, so each class first gets a probability of one third.
    print(f"loss {losses[0]:.4f} at first (ln 3 = {math.log(3):.4f}), {losses[-1]:.4f} after 200 epochs")

    with torch.no_grad():
        probability = model(x).softmax(-1)  # (150, 3), every row sums to 1

    def accuracy(rows: Tensor) -> float:
        return float((probability[rows].argmax(-1) == y[rows]).float().mean())

    reference = LogisticRegression(C=1e6, max_iter=10_000).fit(x[~test], y[~test]).score(x[test], y[test])
    result = {
        "losses": losses,
        "probability": probability,
        "accuracy": accuracy(~test),
        "held_out_accuracy": accuracy(test),
    }
    print(f"accuracy on the 120 training rows {result['accuracy']:.3f}, on the 30 held out", end=" ")
    print(f"{result['held_out_accuracy']:.3f}; scikit-learn's solver {reference:.3f}")
    return result


if __name__ == "__main__":
    main()

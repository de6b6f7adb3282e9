"""Linear regression by gradient descent on Boston housing, standardized as a whole and by column.

The table: 506 suburbs of Boston in the census of 1970 (Harrison & Rubinfeld 1978). scikit-learn removed it in
version 1.2 because one column encodes race; it is included only to reproduce the chapter's figures.
"""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
from torch import Tensor, nn

from netable.nn import LinearRegression
from netable.train import make_optimizer, train_epoch

CHAPTER = [115.4186, 97.9571, 88.5269, 82.5146, 78.6239, 76.0548, 74.3105, 73.0827, 72.1799]
ALL, EACH_COLUMN = (0, 1), 0  # dimensions for mean and standard deviation


def read_boston() -> tuple[Tensor, Tensor]:
    """Read the 13 columns (506, 13) and the median house value (506, 1)."""
    table = pq.read_table(Path(__file__).parent / "boston.parquet")
    values = torch.tensor([column.to_pylist() for column in table.columns]).T
    return values[:, :-1], values[:, -1:]


def fit(x: Tensor, y: Tensor, seed: int = 0) -> tuple[nn.Module, list[float]]:
    """Train for 99 epochs (`range(1, 100)`), one step on all rows each."""
    torch.manual_seed(seed)
    model = LinearRegression(13)
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.01)
    criterion = nn.MSELoss()
    return model, [train_epoch(model, criterion, optimizer, [(x, y)]) for _ in range(1, 100)]


def loss_held_out(x: Tensor, y: Tensor, over: Any) -> float:
    """Loss on every fifth row after training on the others, which also give mean and standard deviation."""
    test = torch.arange(len(x)) % 5 == 0
    mean, std = x[~test].mean(over), x[~test].std(over)
    model, _ = fit((x[~test] - mean) / std, y[~test])
    with torch.no_grad():
        return float(nn.functional.mse_loss(model((x[test] - mean) / std), y[test]))


def main() -> dict[str, Any]:
    """Train as in the chapter, and print its losses and ours."""
    x, y = read_boston()
    whole = (x - x.mean()) / x.std()
    curves = torch.tensor([fit(whole, y, seed)[1][9::10] for seed in range(20)])

    print("epoch   chapter      ours   with 20 seeds")
    for i, chapter in enumerate(CHAPTER):
        ours = curves[:, i]
        print(f"{10 * i + 10:5}  {chapter:8.4f}  {ours[0]:8.4f}   {ours.min():.2f} to {ours.max():.2f}")

    result: dict[str, Any] = {"losses": curves}
    print("\nafter 99 epochs                 training rows   held-out rows")
    for name, over in (("standardized as a whole", ALL), ("standardized by column", EACH_COLUMN)):
        loss = fit((x - x.mean(over)) / x.std(over), y)[1][-1]
        result[name] = (loss, loss_held_out(x, y, over))
        print(f"{name:30} {result[name][0]:14.2f} {result[name][1]:15.2f}")

    design = torch.cat([x, torch.ones(len(x), 1)], 1).double()
    residuals = y - design @ torch.linalg.lstsq(design, y.double()).solution
    result["least squares"] = float(residuals.square().mean())
    print(f"least squares, the lowest loss {result['least squares']:14.2f}")
    return result


if __name__ == "__main__":
    torch.set_num_threads(1)  # for a small network, several would only wait for each other
    main()

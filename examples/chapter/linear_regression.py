"""Linear regression by gradient descent on Boston housing, and what standardizing column by column gains.

The table: 506 suburbs of Boston in the census of 1970 (Harrison & Rubinfeld 1978), which scikit-learn removed
in version 1.2 because one column encodes race; it is here to meet the chapter's figures, for nothing else.
"""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
from torch import Tensor, nn

from netable.nn import LinearRegression
from netable.train import make_optimizer, train_epoch

CHAPTER = [115.4186, 97.9571, 88.5269, 82.5146, 78.6239, 76.0548, 74.3105, 73.0827, 72.1799]
ALL, EACH_COLUMN = (0, 1), 0  # what one mean and one deviation are taken over


def read_boston() -> tuple[Tensor, Tensor]:
    """13 columns, and the median house value with a second dimension: (506, 13) and (506, 1)."""
    table = pq.read_table(Path(__file__).parent / "boston.parquet")
    values = torch.tensor([column.to_pylist() for column in table.columns]).T
    return values[:, :-1], values[:, -1:]


def learn(x: Tensor, y: Tensor, seed: int = 0) -> tuple[nn.Module, list[float]]:
    """99 epochs, which is what range(1, 100) counts, each one step on all rows."""
    torch.manual_seed(seed)
    model = LinearRegression(13)
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.01)
    criterion = nn.MSELoss()
    return model, [train_epoch(model, criterion, optimizer, [(x, y)]) for _ in range(1, 100)]


def loss_held_out(x: Tensor, y: Tensor, over: Any) -> float:
    """The loss on every fifth row after learning from the others, which alone give mean and deviation."""
    test = torch.arange(len(x)) % 5 == 0
    mean, deviation = x[~test].mean(over), x[~test].std(over)
    model, _ = learn((x[~test] - mean) / deviation, y[~test])
    with torch.no_grad():
        return float(nn.functional.mse_loss(model((x[test] - mean) / deviation), y[test]))


def main() -> dict[str, Any]:
    """Train as the chapter does and print its losses beside ours."""
    x, y = read_boston()
    whole = (x - x.mean()) / x.std()
    curves = torch.tensor([learn(whole, y, seed)[1][9::10] for seed in range(20)])

    print("epoch   chapter      ours   with 20 seeds")
    for i, chapter in enumerate(CHAPTER):
        ours = curves[:, i]
        print(f"{10 * i + 10:5}  {chapter:8.4f}  {ours[0]:8.4f}   {ours.min():.2f} to {ours.max():.2f}")

    result: dict[str, Any] = {"losses": curves}
    print("\nafter 99 epochs                 rows learned from   rows held out")
    for name, over in (("standardized as a whole", ALL), ("standardized by column", EACH_COLUMN)):
        loss = learn((x - x.mean(over)) / x.std(over), y)[1][-1]
        result[name] = (loss, loss_held_out(x, y, over))
        print(f"{name:30} {result[name][0]:12.2f} {result[name][1]:18.2f}")

    design = torch.cat([x, torch.ones(len(x), 1)], 1).double()
    residuals = y - design @ torch.linalg.lstsq(design, y.double()).solution
    result["least squares"] = float(residuals.square().mean())
    print(f"least squares, the lowest loss {result['least squares']:12.2f}")
    return result


if __name__ == "__main__":
    main()

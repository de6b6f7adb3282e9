"""Linear regression by gradient descent on Boston housing, and what standardizing column by column gains.

The table: 506 suburbs of Boston in the census of 1970 (Harrison & Rubinfeld 1978), which scikit-learn dropped in its
version 1.2 because one column encodes race; it is here to reproduce the chapter and for nothing else.
"""

from pathlib import Path

import pyarrow.parquet as pq
import torch
from torch import Tensor, nn

from netable.nn import LinearRegression
from netable.train import make_optimizer, train_epoch

CHAPTER = [115.4186, 97.9571, 88.5269, 82.5146, 78.6239, 76.0548, 74.3105, 73.0827, 72.1799]
SEEDS = 20


def read_boston() -> tuple[Tensor, Tensor]:
    """13 columns, and the median house value with a second dimension: (506, 13) and (506, 1)."""
    table = pq.read_table(Path(__file__).parent / "boston.parquet")
    values = torch.tensor([column.to_pylist() for column in table.columns]).T
    return values[:, :-1], values[:, -1:]


def learn(x: Tensor, y: Tensor, seed: int) -> tuple[nn.Module, list[float]]:
    """99 epochs (what range(1, 100) counts), each one step on all rows."""
    torch.manual_seed(seed)
    model = LinearRegression(x.shape[1])
    optimizer = make_optimizer("sgd", model.named_parameters(), lr=0.01)
    criterion = nn.MSELoss()
    return model, [train_epoch(model, criterion, optimizer, [(x, y)]) for _ in range(1, 100)]


def held_out(x: Tensor, y: Tensor, dim: int | tuple[int, int]) -> float:
    """The loss on every fifth row of a model that has learned from the others, statistics included."""
    test = torch.arange(len(x)) % 5 == 0
    mean, deviation = x[~test].mean(dim), x[~test].std(dim)
    model, _ = learn((x[~test] - mean) / deviation, y[~test], seed=0)
    with torch.no_grad():
        return float(nn.functional.mse_loss(model((x[test] - mean) / deviation), y[test]))


def main() -> dict:
    """Train as the chapter does and print its losses beside ours."""
    x, y = read_boston()
    whole = (x - x.mean()) / x.std()  # one mean and one deviation for the whole matrix
    curves = torch.tensor([learn(whole, y, seed)[1][9::10] for seed in range(SEEDS)])

    print(f"epoch   chapter      ours   over {SEEDS} first weights")
    for i, chapter in enumerate(CHAPTER):
        ours = curves[:, i]
        print(f"{10 * i + 10:5}  {chapter:8.4f}  {ours[0]:8.4f}   {ours.min():.2f} to {ours.max():.2f}")

    columns = (x - x.mean(0)) / x.std(0)
    best = torch.linalg.lstsq(torch.cat([x, torch.ones(len(x), 1)], 1).double(), y.double()).residuals / len(x)
    result = {
        "losses": curves,
        "whole": learn(whole, y, seed=0)[1][-1],
        "columns": learn(columns, y, seed=0)[1][-1],
        "whole_held_out": held_out(x, y, dim=(0, 1)),
        "columns_held_out": held_out(x, y, dim=0),
        "least_squares": float(best),
    }
    print("\nafter 99 epochs                  rows learned from   rows held out")
    print(f"standardized as one matrix                 {result['whole']:7.2f}         {result['whole_held_out']:7.2f}")
    print(f"standardized column by column              {result['columns']:7.2f}         {result['columns_held_out']:7.2f}")
    print(f"least squares, the lowest there is         {result['least_squares']:7.2f}")
    return result


if __name__ == "__main__":
    main()

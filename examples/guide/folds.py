"""Errors measured on the training rows, on one held-out part, and on all folds."""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from picture import GREY, picture

PICTURE = Path(__file__).with_suffix(".svg")

ROWS, COLUMNS, FOLDS, REPEATS = 60, 15, 5, 40
Numbers = NDArray[np.float64]


def make_rows(rows: int, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Fifteen columns, of which three matter, and a target with noise of standard deviation 1."""
    x = rng.normal(size=(rows, COLUMNS))
    return x, x[:, 0] + x[:, 1] - x[:, 2] + rng.normal(size=rows)


def predict(x_train: Numbers, y_train: Numbers, x: Numbers) -> Numbers:
    """Fit a linear model by least squares and predict."""
    return x @ np.linalg.lstsq(x_train, y_train, rcond=None)[0]


def rmse(errors: Numbers) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(errors**2)))


def main(path: Path = PICTURE) -> None:
    """Print and draw the three estimates of the error, over 40 random splits of the same rows."""
    rng = np.random.default_rng(0)
    x, y = make_rows(ROWS, rng)
    x_new, y_new = make_rows(20_000, rng)
    truth = rmse(y_new - predict(x, y, x_new))
    training = rmse(y - predict(x, y, x))
    one_part, all_folds = [], []
    for _ in range(REPEATS):
        errors = np.empty(ROWS)
        parts = np.array_split(rng.permutation(ROWS), FOLDS)
        for part in parts:
            rest = np.setdiff1d(np.arange(ROWS), part)
            errors[part] = y[part] - predict(x[rest], y[rest], x[part])
        one_part.append(rmse(errors[parts[0]]))
        all_folds.append(rmse(errors))
    print(f"rmse on 20,000 new rows: {truth:.2f}")
    print(f"on the training rows: {training:.2f}")
    print(f"on one held-out fifth: {min(one_part):.2f} to {max(one_part):.2f}, depending on the split")
    print(f"on all five folds: {min(all_folds):.2f} to {max(all_folds):.2f}")
    with picture(path, 8, 2.4) as axes:
        axes.axvline(truth, color=GREY, linestyle=":")
        axes.annotate(" on new rows", (truth, 3.35), color=GREY)
        for height, values in enumerate((all_folds, one_part, [training]), start=1):
            axes.plot(values, np.full(len(values), height), "o", alpha=0.6)
        axes.set(xlabel="rmse", ylim=(0.5, 3.7))
        axes.set_yticks((1, 2, 3), ("all five folds", "one held-out fifth", "training rows"))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

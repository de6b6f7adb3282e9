"""A decision threshold from the costs of errors."""

import sys
from pathlib import Path

import numpy as np

from chances import chances
from picture import GREY, picture

PICTURE = Path(__file__).with_suffix(".svg")

# Waiting in vain for a flat to be let costs its owner three times as much as lowering the rent in vain.
FALSE_YES, FALSE_NO = 3.0, 1.0


def main(path: Path = PICTURE) -> None:
    """Print and draw the mean cost of 5,000 decisions at each threshold."""
    probability, was_let = chances()
    thresholds = np.linspace(0.05, 0.95, 91)
    costs = [
        (FALSE_YES * ((probability >= t) & ~was_let) + FALSE_NO * ((probability < t) & was_let)).mean()
        for t in thresholds
    ]
    best = FALSE_YES / (FALSE_YES + FALSE_NO)
    at = dict(zip(thresholds.round(2).tolist(), costs, strict=True))
    print(f"threshold from the costs: 3 / (3 + 1) = {best:.2f}")
    for threshold in (0.25, 0.5, best):
        print(f"mean cost at threshold {threshold:.2f}: {at[threshold]:.2f}")
    with picture(path, 5.5, 2.8) as axes:
        axes.plot(thresholds, costs)
        axes.axvline(best, color=GREY, linestyle=":")
        axes.set(xlabel='threshold for "yes"', ylabel="mean cost", ylim=(0, None))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

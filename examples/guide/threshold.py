"""A threshold from what mistakes cost."""

import sys
from pathlib import Path

import numpy as np

from chances import chances
from picture import GREY, picture

PICTURE = Path(__file__).with_suffix(".svg")

# An owner who is told "it will be let soon" in vain loses three times what one loses who lowers the rent in vain.
FALSE_YES, FALSE_NO = 3.0, 1.0


def main(path: Path = PICTURE) -> None:
    """Print and draw what 5,000 answers cost at each threshold."""
    probability, was_let = chances()
    thresholds = np.linspace(0.05, 0.95, 91)
    costs = [
        (FALSE_YES * ((probability >= t) & ~was_let) + FALSE_NO * ((probability < t) & was_let)).mean()
        for t in thresholds
    ]
    worked_out = FALSE_YES / (FALSE_YES + FALSE_NO)
    at = dict(zip(thresholds.round(2).tolist(), costs, strict=True))
    print(f"threshold by the costs: 3 / (3 + 1) = {worked_out:.2f}")
    for threshold in (0.25, 0.5, worked_out):
        print(f"cost of an answer at {threshold:.2f}: {at[threshold]:.2f}")
    with picture(path, 5.5, 2.8) as axes:
        axes.plot(thresholds, costs)
        axes.axvline(worked_out, color=GREY, linestyle=":")
        axes.set(xlabel='threshold: say "yes" from here on', ylabel="cost of an answer", ylim=(0, None))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

"""Calibration of probabilities and coverage of intervals, measured on new flats."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from flats import make_flats
from netable import NetClassifier, NetRegressor
from picture import BLUE, GREY, ORANGE, picture

PICTURE = Path(__file__).with_suffix(".svg")

COLUMNS = ("city", "area", "floor", "built", "station", "furnished")
BANDS = np.linspace(0.2, 0.9, 8)


def table(flats: dict[str, Any], columns: tuple[str, ...] = COLUMNS) -> pa.Table:
    """Select the columns that the network may use."""
    return pa.table({name: flats[name].tolist() for name in columns})


@cache
def chances() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Predicted probabilities of being let within two weeks for 5,000 new flats, and whether each one was."""
    columns = (*COLUMNS, "rent")
    flats, new = make_flats(1500, seed=4), make_flats(5000, seed=5)
    net = NetClassifier(effort="fast").fit(table(flats, columns), flats["let"])
    return net.predict_proba(table(new, columns))[:, 1], new["let"] == "yes"


def intervals() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the 90 % interval of the rent for 5,000 new flats, and the rents."""
    flats, new = make_flats(900, seed=1), make_flats(5000, seed=5)
    net = NetRegressor(effort="fast").fit(table(flats), flats["rent"])
    return *net.predict_interval(table(new), coverage=0.9), new["rent"]


def main(path: Path = PICTURE) -> None:
    """Print and draw predicted probabilities against frequencies, and intervals against rents."""
    probability, was_let = chances()
    predicted, measured = [], []
    print("predicted     new flats   mean predicted   share let")
    for low in BANDS[:-1]:
        in_band = (probability >= low) & (probability < low + 0.1)
        predicted.append(probability[in_band].mean())
        measured.append(was_let[in_band].mean())
        print(f"{low:.1f} to {low + 0.1:.1f} {in_band.sum():12} {predicted[-1]:16.2f} {measured[-1]:11.2f}")
    lower, upper, rent = intervals()
    inside = (lower <= rent) & (rent <= upper)
    width, expensive = upper - lower, rent > np.median(rent)
    print(f"\nrents inside their 90 % interval: {inside.mean():.1%}")
    cheap_width, expensive_width = width[~expensive].mean(), width[expensive].mean()
    print(f"mean width for cheap flats {cheap_width:.0f}, for expensive ones {expensive_width:.0f}")
    with picture(path, 8, 3.2, ncols=2) as (left, right):
        left.plot((0.2, 0.9), (0.2, 0.9), color=GREY, linestyle=":")
        left.plot(predicted, measured, "o-", color=BLUE)
        left.set(title="let within two weeks", xlabel="predicted probability", ylabel="share that was let")
        shown = np.argsort(rent[:60])
        right.vlines(range(60), lower[shown], upper[shown], color=BLUE, alpha=0.5)
        for mask, color in ((inside[shown], BLUE), (~inside[shown], ORANGE)):
            right.plot(np.flatnonzero(mask), rent[shown][mask], "o", color=color, markersize=3)
        right.set(
            title="90 % intervals of 60 new flats", ylabel="rent, thousand won", xlabel="flat, cheapest first"
        )


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

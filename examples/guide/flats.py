"""The guide's table: invented flats, of which the truth is known. Writes flats.csv and its companions."""

import csv
from datetime import date, timedelta
from typing import Any

import numpy as np

# What a flat of 60 m² costs a month, in thousand won, and how often there is one.
CITIES = {"Seoul": (950, 0.45), "Busan": (640, 0.25), "Daegu": (560, 0.18), "Jeju": (700, 0.12)}
NOISE = 0.08  # the part of the rent that no column tells: its logarithm's deviation
TODAY = date(2026, 6, 1)


def make_flats(rows: int, seed: int) -> dict[str, Any]:
    """Columns of invented flats, and `true_rent`, `true_chance`: what there is to know without the noise."""
    rng = np.random.default_rng(seed)
    city = rng.choice(list(CITIES), rows, p=[share for _, share in CITIES.values()])
    area = np.round(rng.gamma(9, 7, rows) + 14, 1)
    floor = rng.integers(1, 21, rows)
    built = rng.integers(1975, 2026, rows)
    station = rng.integers(1, 26, rows)
    furnished = rng.random(rows) < 0.35
    listed = rng.integers(0, 730, rows)
    base = np.array([CITIES[name][0] for name in city])
    true_rent = base * (area / 60) ** 0.85 * np.exp(-0.012 * station + 0.08 * furnished)
    true_rent *= 1 - 0.25 * (1 - np.exp(-(2026 - built) / 15)) + 0.004 * floor
    log_noise = rng.normal(0, NOISE, rows)
    rent = np.round(true_rent * np.exp(log_noise))
    # A flat that is dear for what it is, or far from a station, waits longer.
    true_chance = 1 / (1 + np.exp(-(1.2 - 14 * log_noise - 0.07 * station + 0.5 * furnished)))
    return {
        "flat": np.array([f"F{row:05}" for row in range(1, rows + 1)]),
        "city": city,
        "area": area,
        "floor": floor,
        "built": np.where(rng.random(rows) < 0.08, "", built.astype(str)),
        "station": station,
        "furnished": np.where(furnished, "yes", "no"),
        "listed": np.array([str(TODAY - timedelta(days=int(days))) for days in listed]),
        "rent": rent,
        "let": np.where(rng.random(rows) < true_chance, "yes", "no"),
        "true_rent": true_rent,
        "true_chance": true_chance,
    }


def write(path: str, flats: dict[str, Any], columns: tuple[str, ...]) -> None:
    """Some columns as a CSV file."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*(flats[name] for name in columns), strict=True))


def main() -> None:
    """Write the tables of the guide, and print what the best possible model would miss by."""
    known = ("flat", "city", "area", "floor", "built", "station", "furnished", "listed")
    flats, new, more = make_flats(900, seed=1), make_flats(5, seed=2), make_flats(300, seed=3)
    write("flats.csv", flats, (*known, "rent"))
    write("new.csv", new, known)
    write("more.csv", more, (*known, "rent"))
    flats["fee"] = np.round(0.4 * flats["rent"])  # the agent's, paid when the rent is known
    write("leaky.csv", flats, (*known, "fee", "rent"))
    miss = np.sqrt(np.mean((flats["rent"] - flats["true_rent"]) ** 2))
    print("900 flats in flats.csv, 5 without a rent in new.csv, 300 more in more.csv, a trap in leaky.csv")
    print(f"mean rent {flats['rent'].mean():.0f}; who knew the truth would miss it by {miss:.0f} (rmse)")


if __name__ == "__main__":
    main()

"""Generate the guide's tables: simulated flats with a known rule for the rent."""

import csv
from datetime import date, timedelta
from typing import Any

import numpy as np

# Monthly rent of a flat of 60 m² in thousand won, and the share of flats.
CITIES = {"Seoul": (950, 0.45), "Busan": (640, 0.25), "Daegu": (560, 0.18), "Jeju": (700, 0.12)}
NOISE = 0.08  # standard deviation of the log rent that no column explains
TODAY = date(2026, 6, 1)


def make_flats(rows: int, seed: int) -> dict[str, Any]:
    """Columns of simulated flats, and the expected values without noise, `true_rent` and `true_chance`."""
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
    # Overpriced flats, and flats far from a station, take longer to let.
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
    """Write some columns to a CSV file."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*(flats[name] for name in columns), strict=True))


def main() -> None:
    """Write the tables of the guide, and print the error of a perfect model."""
    known = ("flat", "city", "area", "floor", "built", "station", "furnished", "listed")
    flats, new, more = make_flats(900, seed=1), make_flats(5, seed=2), make_flats(300, seed=3)
    write("flats.csv", flats, (*known, "rent"))
    write("new.csv", new, known)
    write("more.csv", more, (*known, "rent"))
    flats["fee"] = np.round(0.4 * flats["rent"])  # the agent's, computed from the rent
    write("leaky.csv", flats, (*known, "fee", "rent"))
    error = np.sqrt(np.mean((flats["rent"] - flats["true_rent"]) ** 2))
    print(
        "900 flats in flats.csv, 5 without rent in new.csv, 300 more in more.csv, 900 with a leak in leaky.csv"
    )
    print(f"mean rent {flats['rent'].mean():.0f}; even a perfect model would be off by {error:.0f} (rmse)")


if __name__ == "__main__":
    main()

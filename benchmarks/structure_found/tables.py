"""Tables with planted groups and times, and tables of independent rows that look like them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Chance = np.random.Generator


class Made(NamedTuple):
    """Columns, and what is added to the score that the target follows."""

    columns: dict[str, Any]
    effect: Floats
    order: NDArray[np.int64] | None = None  # of the rows; random if None
    copies: NDArray[np.int64] | None = None  # the row of the base table that each row is a near-copy of


Plant = Callable[[int, Chance], Made]


def shuffled(rng: Chance, values: Any) -> Any:
    """The values in random order."""
    return np.asarray(values)[rng.permutation(len(values))]


def uneven(n: int, groups: int, rng: Chance) -> NDArray[np.int64]:
    """The group of each row; some groups are far larger than others."""
    share = rng.gamma(0.8, size=groups)
    return rng.choice(groups, n, p=share / share.sum())


def even(n: int, groups: int) -> NDArray[np.int64]:
    """The group of each row; all of one size."""
    return np.arange(n) % groups


def effects(groups: NDArray[np.int64], rng: Chance) -> Floats:
    """An effect for each group, as strong as the columns together."""
    return np.asarray(rng.normal(size=groups.max() + 1)[groups])


def named(word: str, groups: NDArray[np.int64]) -> list[str]:
    """Names of groups."""
    return [f"{word}{group:05d}" for group in groups]


def patients(n: int, rng: Chance) -> Made:
    """Visits of patients, named so, in random order."""
    groups = uneven(n, n // 6, rng)
    return Made({"patient_id": named("P", groups)}, effects(groups, rng))


def stores(n: int, rng: Chance) -> Made:
    """Rows of twenty stores."""
    groups = uneven(n, 20, rng)
    return Made({"Store": named("store ", groups)}, effects(groups, rng))


def subjects(n: int, rng: Chance) -> Made:
    """Subjects with numbers, one after the other."""
    groups = np.sort(uneven(n, n // 8, rng))
    return Made({"subject": groups + 100.0}, effects(groups, rng), np.arange(n))


def blocks(n: int, rng: Chance) -> Made:
    """A column without a telling name, whose rows stand together."""
    groups = np.sort(uneven(n, n // 6, rng))
    return Made({"c7": named("k", shuffled(rng, np.arange(n))[groups])}, effects(groups, rng), np.arange(n))


def designed(n: int, rng: Chance) -> Made:
    """Equally many rows of each group, in random order, without a telling name."""
    groups = even(n, n // 5)
    return Made({"c7": named("k", groups)}, effects(groups, rng))


def with_facts(n: int, rng: Chance) -> Made:
    """Groups that share their age and weight."""
    groups = uneven(n, n // 6, rng)
    facts = rng.normal(size=(2, groups.max() + 1))
    return Made(
        {"c7": named("k", groups), "age": facts[0][groups], "kg": facts[1][groups]}, effects(groups, rng)
    )


def near_copies(n: int, rng: Chance) -> Made:
    """Samples measured three times, with a little noise."""
    of = np.arange(n) // 3
    return Made({"sample": named("S", of)}, 1.5 * effects(of, rng), copies=of)


def restarting(n: int, rng: Chance) -> Made:
    """Patients whose numbers start again in each site."""
    groups = uneven(n, n // 6, rng)
    site = rng.integers(0, 12, groups.max() + 1)
    number = np.array([np.sum(site[:group] == site[group]) for group in range(len(site))]) + 1
    return Made({"site": named("S", site[groups]), "patient_no": number[groups]}, effects(groups, rng))


def shop_weeks(n: int, rng: Chance) -> Made:
    """Sales of shops, week by week, each week of a shop with its own level."""
    weeks = max(4, n // 150)
    groups = np.sort(uneven(n, 20 * weeks, rng))
    return Made({"shop": named("s", groups % 20), "week": groups // 20}, effects(groups, rng), np.arange(n))


def drift(n: int, rng: Chance) -> Made:
    """Dates along which the target rises, in random order."""
    days = np.sort(rng.integers(0, 1000, n))
    return Made({"sold_on": date(days)}, 2.5 * days / 1000)


def random_walk(n: int, rng: Chance) -> Made:
    """Dates along which the target's level walks, in their order."""
    days = np.sort(rng.integers(0, 700, n))
    walk = rng.normal(size=701).cumsum()
    return Made({"date": date(days)}, ((walk - walk.mean()) / walk.std())[days], np.arange(n))


def regimes(n: int, rng: Chance) -> Made:
    """A time in hours, with a level that jumps."""
    level = rng.normal(size=12)
    return Made({"time": np.arange(n) * 0.5}, 1.3 * level[np.arange(n) * 12 // n], np.arange(n))


def counted(n: int, rng: Chance) -> Made:
    """Orders, numbered as they came in, along which the target drifts."""
    number = 50_000 + rng.integers(1, 4, n).cumsum()
    walk = rng.normal(size=n).cumsum()
    return Made({"order_no": number}, (walk - walk.mean()) / walk.std(), np.arange(n))


def nothing(n: int, rng: Chance) -> Made:
    """No column more."""
    return Made({}, np.zeros(n))


def postcodes(n: int, rng: Chance) -> Made:
    """Postcodes that tell of new rows too; few are frequent."""
    groups = uneven(n, n // 8, rng)
    return Made({"zip": named("", groups)}, effects(groups, rng))


def brands(n: int, rng: Chance) -> Made:
    """Sixty brands."""
    groups = uneven(n, 60, rng)
    return Made({"brand": named("brand ", groups)}, effects(groups, rng))


def places(n: int, rng: Chance) -> Made:
    """Towns with their latitude."""
    groups = uneven(n, n // 8, rng)
    latitude = rng.uniform(33, 38, groups.max() + 1)
    return Made({"town": named("town ", groups), "latitude": latitude[groups]}, effects(groups, rng))


def categories(n: int, rng: Chance) -> Made:
    """A category of many levels without a telling name."""
    groups = uneven(n, n // 10, rng)
    return Made({"c7": named("k", groups)}, effects(groups, rng))


def empty_groups(n: int, rng: Chance) -> Made:
    """Customers whose rows have nothing in common."""
    return Made({"customer": named("C", uneven(n, n // 5, rng))}, np.zeros(n))


def empty_pairs(n: int, rng: Chance) -> Made:
    """Patients' numbers that start again in each site, with nothing in common."""
    return Made(restarting(n, rng).columns, np.zeros(n))


def crossed(n: int, rng: Chance) -> Made:
    """Machines and runs, each of which tells nothing, and hours, which recur; all of them evenly many."""
    hour = shuffled(rng, even(n, 24))
    columns = {
        "machine": named("M", shuffled(rng, even(n, 15))),
        "run": shuffled(rng, even(n, 12)),
        "hour": hour,
    }
    return Made(columns, np.sin(hour * np.pi / 12))


def identifiers(n: int, rng: Chance) -> Made:
    """A number that only names rows."""
    return Made({"id": rng.choice(5 * n, n, replace=False)}, np.zeros(n))


def row_numbers(n: int, rng: Chance) -> Made:
    """Row numbers in order."""
    return Made({"row": np.arange(n)}, np.zeros(n), np.arange(n))


def dates(n: int, rng: Chance) -> Made:
    """Dates that have nothing to do with the target."""
    return Made({"created": date(rng.integers(0, 900, n))}, np.zeros(n))


def birthdays(n: int, rng: Chance) -> Made:
    """Days of birth, on which the target depends."""
    days = rng.integers(-15_000, 5_000, n)
    return Made({"date_of_birth": date(days)}, days / 6_000)


def sorted_by_column(n: int, rng: Chance) -> Made:
    """Rows sorted by a number that matters."""
    size = np.sort(rng.gamma(3, 20, n)).round()
    return Made({"size": size}, size / 20, np.arange(n))


def hours(n: int, rng: Chance) -> Made:
    """Hours of the day and months, which recur."""
    hour, month = even(n, 24), uneven(n, 12, rng)
    effect = np.sin(hour * np.pi / 12) + 0.5 * np.cos(month * np.pi / 6)
    return Made({"hour": hour, "month": month}, effect)


def counts(n: int, rng: Chance) -> Made:
    """Whole numbers that count things."""
    visits = rng.poisson(9, n)
    length = rng.geometric(0.02, n)
    return Made({"visits": visits, "session_length": length}, visits / 5 + np.log(length))


def date(days: NDArray[np.int64]) -> Any:
    """Dates, as days after some day."""
    return pd.Timestamp("2021-01-01") + pd.to_timedelta(days, unit="D")


def readings(n: int, rng: Chance) -> Made:
    """Rounded numbers that one cell made a category."""
    weight = rng.normal(100, 20, n).round()
    cells = [f"{value:.0f}" for value in weight]
    cells[n // 2] = "see note"
    return Made({"weight": cells}, (weight - 100) / 20)


GROUPS = (patients, stores, subjects, blocks, designed, with_facts, near_copies, restarting, shop_weeks)
TIMES = (drift, random_walk, regimes, counted)
INDEPENDENT = (
    *(nothing, postcodes, brands, places, categories, empty_groups, identifiers, row_numbers),
    *(dates, birthdays, sorted_by_column, hours, counts, readings, empty_pairs, crossed),
)


def made_table(plant: Plant, task: str, n: int, seed: int) -> pd.DataFrame:
    """A table of six numbers and two categories, with what was planted, and a target `y` of this task."""
    rng = np.random.default_rng([seed, n, *plant.__name__.encode()])
    made = plant(n, rng)
    x = rng.normal(size=(n, 6))
    color, shape = rng.integers(0, 5, n), rng.integers(0, 3, n)
    if made.copies is not None:
        x = x[made.copies] + 0.05 * rng.normal(size=(n, 6))
        color, shape = color[made.copies], shape[made.copies]
    score = x[:, 0] + np.sin(2 * x[:, 1]) + 0.5 * x[:, 2] * (shape == 1) + 0.3 * color
    score = score / score.std() + made.effect + 0.7 * rng.normal(size=n)
    frame = pd.DataFrame({f"x{i}": column for i, column in enumerate(x.T)})
    frame["color"], frame["shape"] = np.array(list("rgbyw"))[color], np.array(list("oud"))[shape]
    for name, values in made.columns.items():
        frame[name] = values
    cuts = {"binary": [0.6], "multiclass": [0.3, 0.6]}.get(task)
    frame["y"] = (
        score if cuts is None else np.array(["a", "b", "c"])[np.digitize(score, np.quantile(score, cuts))]
    )
    return frame.iloc[rng.permutation(n) if made.order is None else made.order].reset_index(drop=True)

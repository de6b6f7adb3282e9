from __future__ import annotations

import json

import numpy as np
import pytest

from guarding import guard_of, learned_from, table_of

ROWS = 1000


@pytest.fixture(scope="module")
def learned():
    return learned_from(table_of(3000))


def test_guard__fresh_rows__have_no_findings(learned) -> None:
    for seed in range(1, 21):
        guard = guard_of(learned, table_of(ROWS, seed=seed))

        assert guard.findings == []
        assert guard.words == ""


def test_guard__numbers_beyond_the_range__are_counted_and_named(learned) -> None:
    rows = table_of(ROWS, seed=1)
    rows["age"][:300] = np.where(np.isnan(rows["age"][:300]), 40, 75)
    guard = guard_of(learned, rows)
    known = table_of(3000)["age"]
    count = int(((rows["age"] > np.nanmax(known)) | (rows["age"] < np.nanmin(known))).sum())

    assert guard.to_dict()["columns"]["age"]["beyond"] == count
    assert guard.findings[0] == f"'age' is beyond anything seen in {count} of 1,000 rows"
    assert guard.unusual[:300][rows["age"][:300] == 75].all()
    assert guard.unusual[300:].mean() < 0.03


def test_guard__levels_never_seen__are_counted_and_named(learned) -> None:
    rows = table_of(ROWS, seed=1)
    rows["city"] = rows["city"].astype(object)
    rows["city"][:140] = "Atlantis"
    guard = guard_of(learned, rows)

    assert guard.findings == ["14% of 'city' were never seen"]
    assert guard.words == "14% of 'city' were never seen."
    assert guard.to_dict()["columns"]["city"] == {"never_seen": 140}
    assert all("'city' was never seen" in str(reason) for reason in guard.reasons[:140])


def test_guard__new_levels_where_they_are_usual__are_not_unusual() -> None:
    rng = np.random.default_rng(0)
    names = [f"n{i}" for i in rng.integers(0, 5000, 3000)]
    learned = learned_from({"name": names, "x": rng.normal(size=3000)})
    guard = guard_of(
        learned, {"name": [f"n{i}" for i in rng.integers(0, 5000, 500)], "x": rng.normal(size=500)}
    )

    assert guard.never_seen.mean() > 0.3
    assert guard.findings == []
    assert guard.unusual.mean() < 0.03


def test_guard__gaps_in_a_column_without_any__are_unusual(learned) -> None:
    rows = table_of(ROWS, seed=1)
    rows["weight"][:60] = np.nan
    guard = guard_of(learned, rows)

    assert guard.findings == ["'weight' is missing in 60 of 1,000 rows, more often than in training"]
    assert all("'weight' is missing, as in no training row" in str(reason) for reason in guard.reasons[:60])


def test_guard__gaps_as_in_training__are_usual(learned) -> None:
    guard = guard_of(learned, table_of(ROWS, seed=1))

    assert guard.to_dict()["columns"]["age"]["missing"] > 100
    assert not any("'age' is missing" in str(reason) for reason in guard.reasons)


def test_guard__tall_and_light__does_not_go_together(learned) -> None:
    rows = table_of(ROWS, seed=1)
    rows["height"][:100], rows["weight"][:100] = 188, 58
    guard = guard_of(learned, rows)

    assert guard.apart[:100].all()
    assert guard.findings[0].endswith("of 1,000 rows the columns do not go together as in training")
    assert {reason for reason in guard.reasons[:100] if "height" in str(reason) or "weight" in str(reason)}


def test_guard__later_dates__are_a_finding_but_not_unusual(learned) -> None:
    rows = table_of(ROWS, seed=1)
    rows["sold"] = rows["sold"] + np.timedelta64(2000, "D")
    guard = guard_of(learned, rows)

    assert guard.findings == ["'sold' is beyond anything seen in 1,000 of 1,000 rows"]
    assert guard.unusual.mean() < 0.03


def test_guard__a_single_row__has_a_reason_and_a_finding(learned) -> None:
    row = {name: column[:1] for name, column in table_of(1, seed=3).items()}
    guard = guard_of(learned, row | {"height": [1700.0], "weight": [70.0], "age": [30.0]})

    assert "'height' is beyond anything seen in 1 of 1 row" in guard.findings
    assert "'height' is beyond anything seen" in str(guard.reasons[0])


def test_guard__no_rows__has_nothing_to_say(learned) -> None:
    guard = guard_of(learned, {name: column[:0] for name, column in table_of(1).items()})

    assert (guard.findings, guard.reasons, guard.words) == ([], [], "")


def test_guard__many_findings__are_the_first_three_and_a_number(learned) -> None:
    rows = {name: np.array(column) for name, column in table_of(ROWS, seed=1).items()}
    for name in ("height", "weight", "age"):
        rows[name] = rows[name] + 1e6
    rows["city"] = np.full(ROWS, "Atlantis")
    guard = guard_of(learned, rows)

    assert len(guard.findings) > 3
    assert guard.words.endswith(f"; and {len(guard.findings) - 3} more.")
    assert str(guard).startswith("Guard of 1,000 rows, 1,000 unusual. ")


def test_to_dict__any_rows__is_json(learned) -> None:
    guard = guard_of(learned, table_of(50, seed=2))

    assert json.loads(json.dumps(guard.to_dict(), allow_nan=False))["rows"] == 50

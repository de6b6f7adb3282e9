from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from guarding import encoded, guard_of, learned_from, table_of
from netable.model.guard import reference as module


def test_learn__levels_and_gaps__are_shares_of_all_rows() -> None:
    columns = table_of(400)
    columns["city"][:7] = ""
    _, reference = learned_from(columns)
    cities = columns["city"]

    shares = [(cities == name).mean() for name in ("", "never", "Busan", "Jeju", "Seoul")]
    np.testing.assert_allclose(reference.levels, shares, atol=1e-6)
    gaps = [0, 0, 0, 0, np.isnan(columns["age"]).mean(), 7 / 400]
    np.testing.assert_allclose(reference.missing, gaps, atol=1e-6)


def test_singles__levels_of_one_row__are_counted_for_each_category() -> None:
    city = np.array([*["a"] * 50, *["b"] * 47, "c", "d", "e"])
    _, reference = learned_from({"city": city, "kind": ["u", "v"] * 50})

    assert reference.singles.tolist() == [3, 0]


def test_learn__more_rows_than_are_looked_at__keeps_gaps_levels_and_ranges_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_ROWS", 50)
    columns = table_of(500)
    columns["height"][1], columns["age"][3] = 999, np.nan  # in no row that is looked at
    learned = learned_from(columns)

    assert (learned[1].rows, learned[1].sampled) == (500, 50)
    assert learned[1].missing[4] == pytest.approx(np.isnan(columns["age"]).mean())
    assert learned[1].scales.values[0].max() < 999
    assert not guard_of(learned, columns).beyond.any()


def test_excess__beyond_an_end__is_in_distances_to_the_median() -> None:
    encoder, reference = learned_from({"a": np.array([0.0, 9, 10, 11, 12, 13, 20])})
    rows = encoded(encoder, {"a": [-5.0, 20.0, 38.0, None, 10.0]})

    assert reference.excess(rows)[:, 0].tolist() == pytest.approx([5 / 11, 0, 2, -np.inf, -10 / 11])


@pytest.mark.parametrize("seed", range(3))
def test_reach_and_limit__fresh_rows__are_unusual_once_in_a_hundred(seed: int) -> None:
    learned = learned_from(table_of(2000, seed=10 + seed))

    assert guard_of(learned, table_of(5000, seed=20 + seed)).unusual.mean() < 0.025


def test_learn__heavy_tails__have_a_longer_reach(rng: np.random.Generator) -> None:
    normal = learned_from({f"a{i}": rng.normal(size=300) for i in range(20)})[1]
    heavy = learned_from({f"a{i}": rng.standard_t(2, size=300) for i in range(20)})[1]

    assert 0 < normal.reach < heavy.reach


def test_learn__same_rows_twice__is_the_same() -> None:
    columns = table_of(300)
    one, other = learned_from(columns)[1], learned_from(columns)[1]

    assert one.limit == other.limit
    assert one.joint.precision.tobytes() == other.joint.precision.tobytes()
    assert pa.table(columns).num_rows == one.rows

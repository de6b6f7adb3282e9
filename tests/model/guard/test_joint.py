from __future__ import annotations

import numpy as np
import pytest

from guarding import encoded, learned_from, table_of
from netable.model.guard import joint as module
from netable.model.guard.joint import MOST_FEATURES


def test_distances__fresh_rows__are_those_of_parts_held_out() -> None:
    encoder, reference = learned_from(table_of(2000))
    fresh = reference.distance(encoded(encoder, table_of(2000, seed=1)))

    assert np.quantile(fresh, 0.95) == pytest.approx(
        float(np.interp(0.95, reference.distances.up_to[0], reference.distances.values[0])), rel=0.15
    )


def test_distances__normal_columns__are_those_of_mahalanobis(rng: np.random.Generator) -> None:
    both = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=4000)
    encoder, reference = learned_from({"a": both[:, 0], "b": both[:, 1]})
    others = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=500)

    found = reference.distance(encoded(encoder, {"a": others[:, 0], "b": others[:, 1]}))

    inverse = np.linalg.inv(np.cov(both.T))
    expected = np.einsum("ri,ij,rj->r", others, inverse, others) / 2
    assert np.corrcoef(found, expected)[0, 1] > 0.97


def test_oddest__tall_and_light__is_one_of_the_two() -> None:
    learned = learned_from(table_of(2000))
    rows = table_of(20, seed=1)
    rows["height"][:], rows["weight"][:] = 185, 55

    assert set(learned[1].oddest(encoded(learned[0], rows))) <= {"height", "weight"}


def test_learn__more_features_than_are_kept__keeps_those_that_are_related(rng: np.random.Generator) -> None:
    noise = {f"n{i}": rng.normal(size=300) for i in range(MOST_FEATURES)}
    base = rng.normal(size=300)
    related = {f"r{i}": base + rng.normal(size=300) / 2 for i in range(6)}
    _, reference = learned_from(noise | related)

    kept = {reference.layout.scales[i] for i in reference.joint.features}

    assert len(kept) == MOST_FEATURES
    assert kept >= related.keys()


def test_learn__few_rows_and_gaps__is_finite() -> None:
    for n_rows in (2, 3, 7):
        encoder, reference = learned_from({"a": np.arange(float(n_rows)), "b": [None, *range(1, n_rows)]})
        rows = encoded(encoder, {"a": [1.0, 99.0, None], "b": [1.0, 2.0, None]})

        assert np.isfinite(reference.distance(rows)).all()
        assert np.isfinite([reference.reach, reference.limit]).all()


def test_learn__very_many_columns__looks_at_some(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(module, "_CANDIDATES", 5)
    _, reference = learned_from({f"n{i}": rng.normal(size=100) for i in range(12)})

    assert reference.joint.features.tolist() == [0, 3, 6, 9]

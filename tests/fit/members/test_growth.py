from __future__ import annotations

import numpy as np
import pytest
import torch

from netable.fit.members.growth import BINS, RIDGE, Binned, Trees, grow
from netable.nn.bodies.trees import DEPTH


def test_binned__few_values__has_a_threshold_between_any_two(rng: np.random.Generator) -> None:
    values = rng.permutation(np.repeat([-8.0, 0.0, 1.0, 5.0], 25)).astype(np.float32)

    binned = Binned.of(torch.from_numpy(values)[None, :, None], [100], [rng])

    np.testing.assert_array_equal(binned.thresholds[0, 0, :3], [-4.0, 0.5, 3.0])
    np.testing.assert_array_equal(binned.bins[0, 0], np.searchsorted([-4.0, 0.5, 3.0], values))
    assert np.isfinite(binned.thresholds).all()


def test_binned__many_values__are_cut_between_them_into_bins_of_equally_many(
    rng: np.random.Generator,
) -> None:
    values = rng.normal(size=5_000).astype(np.float32)

    binned = Binned.of(torch.from_numpy(values)[None, :, None], [5_000], [rng])

    counts = np.bincount(binned.bins[0, 0], minlength=BINS)
    assert counts.min() > 0
    assert counts.max() < 2 * 5_000 / BINS
    assert not np.isin(binned.thresholds, values).any()


def tree_of(X: np.ndarray, gradient: np.ndarray, rng: np.random.Generator) -> tuple[Trees, np.ndarray]:
    """The tree of one member."""
    binned = Binned.of(torch.from_numpy(X.astype(np.float32))[None], [len(X)], [rng])
    trees, leaf = grow(binned, None, gradient[None], np.ones_like(gradient)[None], [rng])
    return Trees(*(part[0] for part in trees)), leaf[0]


def test_grow__leaves__are_newton_steps_of_their_rows(rng: np.random.Generator) -> None:
    X, gradient = rng.normal(size=(200, 3)), rng.normal(size=(200, 2))

    tree, leaf = tree_of(X, gradient, rng)

    bits = X[:, tree.features] > tree.thresholds
    np.testing.assert_array_equal(leaf, bits @ (1 << np.arange(DEPTH)[::-1]))
    for number in np.unique(leaf):
        rows = leaf == number
        np.testing.assert_allclose(tree.leaves[number], -gradient[rows].sum(0) / (rows.sum() + RIDGE))


def test_grow__first_split__is_the_best_of_all(rng: np.random.Generator) -> None:
    X, gradient = rng.normal(size=(60, 3)), rng.normal(size=(60, 1))

    tree, _ = tree_of(X, gradient, rng)

    def score(feature: int, threshold: float) -> float:
        beyond = X[:, feature] > threshold
        return sum(gradient[part].sum() ** 2 / (part.sum() + RIDGE) for part in (beyond, ~beyond))

    every = [score(feature, value) for feature in range(3) for value in X[:, feature]]
    assert score(tree.features[0], tree.thresholds[0]) == pytest.approx(max(every))


def test_grow__feature_that_never_varies__is_not_split(rng: np.random.Generator) -> None:
    X = np.stack([np.zeros(50), rng.normal(size=50)], 1)

    tree, _ = tree_of(X, rng.normal(size=(50, 1)), rng)

    assert set(tree.features) == {1}


def test_grow__nothing_varies__is_one_leaf(rng: np.random.Generator) -> None:
    tree, leaf = tree_of(np.zeros((20, 2)), np.ones((20, 1)), rng)

    assert set(leaf) == {0}
    assert tree.leaves[0] == pytest.approx(-20 / (20 + RIDGE))


def test_grow__two_members__have_the_trees_that_each_has_alone(rng: np.random.Generator) -> None:
    X, gradient = rng.normal(size=(2, 80, 4)).astype(np.float32), rng.normal(size=(2, 80, 1))
    X[1, :, 2:] = 0  # of the second member only two features vary
    gradient[1, 50:] = 0  # and only the first rows count
    curvature = (gradient != 0) + 0.0

    def grown(members: list[int], counts: list[int]) -> tuple[Trees, np.ndarray]:
        streams = [np.random.default_rng(member) for member in members]
        binned = Binned.of(torch.from_numpy(X[members]), counts, streams)
        return grow(binned, None, gradient[members], curvature[members], streams)

    both, leaf = grown([0, 1], [80, 50])
    for member, count in ((0, 80), (1, 50)):
        alone, leaf_alone = grown([member], [count])
        np.testing.assert_array_equal(leaf_alone[0], leaf[member])
        for mine, other in zip(alone, both, strict=True):
            np.testing.assert_array_equal(mine[0], other[member])


def test_grow__some_rows__give_the_tree_of_these(rng: np.random.Generator) -> None:
    X, gradient = rng.normal(size=(200, 3)), rng.normal(size=(200, 1))
    rows = np.sort(rng.choice(200, 90, replace=False))
    binned = Binned.of(torch.from_numpy(X.astype(np.float32))[None], [200], [rng])
    ones = np.ones((1, 90, 1))

    trees, leaf = grow(binned, rows[None], gradient[None, rows], ones, [np.random.default_rng(0)])
    weights = np.isin(np.arange(200), rows)[None, :, None] + 0.0
    same, _ = grow(binned, None, gradient[None] * weights, weights, [np.random.default_rng(0)])

    np.testing.assert_array_equal(trees.features, same.features)
    np.testing.assert_allclose(trees.leaves, same.leaves)
    assert leaf.shape == (1, 200)

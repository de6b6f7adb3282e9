from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from netable.report.ranking import Ranking


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = rng.random(200) < 0.3
    score = np.round(rng.normal(truth, 1.0), 1)  # with ties
    return truth, score, rng.integers(0, 4, 200).astype(np.float64)


def test_ranking__areas__are_those_of_scikit_learn(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, score, weight = rows
    ranking = Ranking.of(truth, score, weight)

    assert ranking.roc_area() == pytest.approx(roc_auc_score(truth, score, sample_weight=weight))
    theirs = average_precision_score(truth, score, sample_weight=weight)
    assert ranking.average_precision() == pytest.approx(theirs)


def test_ranking__curves__are_those_of_scikit_learn(rows: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    truth, score, weight = rows
    ranking = Ranking.of(truth, score, weight)

    false, true, _ = roc_curve(truth, score, sample_weight=weight, drop_intermediate=False)
    np.testing.assert_allclose(ranking.roc(), (false, true))
    precision, recall, _ = precision_recall_curve(truth, score, sample_weight=weight)
    kept = recall[::-1] > 0
    np.testing.assert_allclose(ranking.precision(), (recall[::-1][kept], precision[::-1][kept]))


def test_ranking__all_scores_equal__are_one_point_between_the_ends() -> None:
    ranking = Ranking.of(np.array([True, False, False]), np.zeros(3), np.ones(3))

    assert ranking.roc_area() == 0.5
    assert ranking.average_precision() == pytest.approx(1 / 3)

from __future__ import annotations

import numpy as np
import pytest

from netable.train import Candidate, HeldOut, TrainingPlan

PARTS = [
    (np.array([2, 3, 4, 5]), np.array([0, 1])),
    (np.array([0, 1, 4, 5]), np.array([2, 3])),
    (np.array([0, 1, 2, 3]), np.array([4, 5])),
]


def test_folds__every_member__is_judged_by_the_others_only() -> None:
    plan = TrainingPlan.folds(PARTS, stops_early=True)

    assert [c.judged_by for c in plan.candidates] == [(1, 2), (0, 2), (0, 1)]
    assert (
        [held.member for held in plan.held_out] == [held.predicted_by for held in plan.held_out] == [0, 1, 2]
    )
    assert plan.final == (0, 1, 2)
    assert len(plan) == 3


def test_folds__any_held_out_row__is_not_learned_from() -> None:
    plan = TrainingPlan.folds(PARTS, stops_early=True)

    for held in plan.held_out:
        assert not np.intersect1d(held.rows, plan.train_rows[held.member]).size


def test_scoring_folds__further_members__learn_from_all_and_make_the_model() -> None:
    plan = TrainingPlan.scoring_folds(PARTS, n_rows=6, n_final=2, stops_early=True)

    assert len(plan) == 5
    assert [rows.tolist() for rows in plan.train_rows[3:]] == [[0, 1, 2, 3, 4, 5]] * 2
    assert plan.candidates[3:] == (Candidate(3, (0, 1, 2)), Candidate(4, (0, 1, 2)))
    assert plan.final == (3, 4)
    assert plan.weights_for_model() == [0, 1, 2, 3, 4]
    assert [held.member for held in plan.held_out] == [0, 1, 2]


@pytest.mark.parametrize("n_valid", [2, 7])
def test_holdout__halves__are_predicted_by_what_the_other_half_chose(n_valid: int) -> None:
    valid = np.arange(10, 10 + n_valid)
    plan = TrainingPlan.holdout(np.arange(10), valid, seed=0)

    assert np.sort(np.concatenate([held.rows for held in plan.held_out])).tolist() == valid.tolist()
    assert abs(len(plan.held_out[0].rows) - len(plan.held_out[1].rows)) <= 1
    for part, held in enumerate(plan.held_out):
        assert part not in plan.candidates[held.predicted_by].judged_by
    assert plan.candidates[plan.final[0]].judged_by == (0, 1)


def test_holdout__same_seed__gives_the_same_halves() -> None:
    def halves(seed: int) -> list[list[int]]:
        plan = TrainingPlan.holdout(np.arange(3), np.arange(3, 30), seed=seed)
        return [held.rows.tolist() for held in plan.held_out]

    assert halves(0) == halves(0) != halves(1)


def test_holdout__single_row__judges() -> None:
    plan = TrainingPlan.holdout(np.arange(3), np.array([3]), seed=0)

    assert [held.rows.tolist() for held in plan.held_out] == [[3]]
    assert plan.candidates == (Candidate(0, (0,)),)


def test_all_rows__nobody__is_judged() -> None:
    plan = TrainingPlan.all_rows(4)

    assert plan.train_rows[0].tolist() == [0, 1, 2, 3]
    assert plan.held_out == ()
    assert plan.rounds() == []


def test_rounds__two_parts_of_a_member__are_apart() -> None:
    holdout = TrainingPlan.holdout(np.arange(3), np.arange(3, 9), seed=0)
    folds = TrainingPlan.folds(PARTS, stops_early=True)

    assert [[held.predicted_by for held in parts] for parts in holdout.rounds()] == [[1], [2]]
    assert [[held.member for held in parts] for parts in folds.rounds()] == [[0, 1, 2]]


def test_weights_for__member_without_a_part__keeps_its_first_candidate() -> None:
    plan = TrainingPlan.scoring_folds(PARTS, n_rows=6, n_final=1, stops_early=False)

    assert plan.weights_for_round([HeldOut(1, np.array([2, 3]), predicted_by=1)]) == [0, 1, 2, 3]
    holdout = TrainingPlan.holdout(np.arange(3), np.arange(3, 9), seed=0)
    assert [holdout.weights_for_round(parts) for parts in holdout.rounds()] == [[1], [2]]
    assert holdout.weights_for_model() == [0]


def test_part_of_rows__parts__are_numbered_and_others_are_none() -> None:
    plan = TrainingPlan.folds(
        [(np.array([2, 3]), np.array([0, 1])), (np.array([0, 1]), np.array([3]))], stops_early=True
    )

    assert plan.part_of_rows(5).tolist() == [0, 0, -1, 1, -1]

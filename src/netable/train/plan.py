"""The training and judged rows of each member, and the weights that make the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class HeldOut:
    """Rows that a member has not learned from, and the candidate whose weights predict them out of fold."""

    member: int
    rows: Rows
    predicted_by: int


@dataclass(frozen=True)
class Candidate:
    """A choice of a member's best weights, by the lowest mean validation loss over some held-out parts."""

    member: int
    judged_by: tuple[int, ...]


@dataclass(frozen=True)
class TrainingPlan:
    """The members of a run.

    Parameters
    ----------
    train_rows : the rows that each member learns from
    held_out : parts of the table that members are measured on
    candidates : the weights that are kept; with `stops_early` false, each member's last
    final : the candidates that make the model
    stops_early : bool
    """

    train_rows: tuple[Rows, ...]
    held_out: tuple[HeldOut, ...]
    candidates: tuple[Candidate, ...]
    final: tuple[int, ...]
    stops_early: bool

    @classmethod
    def folds(cls, parts: Sequence[tuple[Rows, Rows]], *, stops_early: bool) -> TrainingPlan:
        """A member for each fold, which stops where the *others'* mean validation loss is lowest."""
        k = range(len(parts))
        return cls(
            train_rows=tuple(train for train, _ in parts),
            held_out=tuple(HeldOut(i, valid, predicted_by=i) for i, (_, valid) in enumerate(parts)),
            candidates=tuple(Candidate(i, tuple(j for j in k if j != i)) for i in k),
            final=tuple(k),
            stops_early=stops_early,
        )

    @classmethod
    def scoring_folds(
        cls, parts: Sequence[tuple[Rows, Rows]], n_rows: int, *, n_final: int, stops_early: bool
    ) -> TrainingPlan:
        """Members of folds that only score, and others, trained on all rows, that make the model.

        For tables where the members of folds learn from too few rows: tiny ones, and those in order of time, whose
        first members learn from the first rows only, and none from the last.
        """
        folds = cls.folds(parts, stops_early=stops_early)
        final = tuple(range(len(parts), len(parts) + n_final))
        return cls(
            train_rows=(*folds.train_rows, *[np.arange(n_rows)] * n_final),
            held_out=folds.held_out,
            candidates=(
                *folds.candidates,
                *(Candidate(member, tuple(range(len(parts)))) for member in final),
            ),
            final=final,
            stops_early=stops_early,
        )

    @classmethod
    def holdout(cls, train: Rows, valid: Rows, *, seed: int) -> TrainingPlan:
        """One member and a hold-out; each half of it is predicted with the weights that the other half chose."""
        shuffled = np.random.default_rng(seed).permutation(valid)
        halves = (np.sort(shuffled[: len(valid) // 2]), np.sort(shuffled[len(valid) // 2 :]))
        if not len(halves[0]):  # a single row cannot be halved
            return cls((train,), (HeldOut(0, halves[1], predicted_by=0),), (Candidate(0, (0,)),), (0,), True)
        return cls(
            train_rows=(train,),
            held_out=(HeldOut(0, halves[0], predicted_by=1), HeldOut(0, halves[1], predicted_by=2)),
            candidates=(Candidate(0, (0, 1)), Candidate(0, (1,)), Candidate(0, (0,))),
            final=(0,),
            stops_early=True,
        )

    @classmethod
    def all_rows(cls, n_rows: int) -> TrainingPlan:
        """One member that learns from all rows; nothing is held out."""
        return cls((np.arange(n_rows),), (), (Candidate(0, ()),), (0,), False)

    def part_of_rows(self, n_rows: int) -> Rows:
        """The number of the held-out part that each row is in, -1 for none."""
        part = np.full(n_rows, -1)
        for number, held in enumerate(self.held_out):
            part[held.rows] = number
        return part

    def judged_member(self, n_rows: int) -> Rows:
        """The member that each row judges, -1 for none."""
        members = np.array([held.member for held in self.held_out] + [-1])
        return members[self.part_of_rows(n_rows)]

    def unseen_by(self, n_rows: int) -> Rows:
        """The position in the model of the member that did not learn from each row; -1 where all did."""
        in_model = self.final_members()
        places = [in_model.index(held.member) if held.member in in_model else -1 for held in self.held_out]
        return np.array([*places, -1])[self.part_of_rows(n_rows)]

    def final_members(self) -> list[int]:
        """The members that make the model."""
        return [self.candidates[chosen].member for chosen in self.final]

    def rounds(self) -> list[list[HeldOut]]:
        """The held-out parts, in rounds with at most one part for each member."""
        of_members: dict[int, list[HeldOut]] = {}
        for held in self.held_out:
            of_members.setdefault(held.member, []).append(held)
        return [[held for held in parts if held] for parts in zip_longest(*of_members.values())]

    def weights_for_round(self, parts: Sequence[HeldOut]) -> list[int]:
        """The candidate whose weights each member uses to predict its part of a round."""
        return self._weights({held.member: held.predicted_by for held in parts})

    def weights_for_model(self) -> list[int]:
        """The candidate whose weights each member has in the model."""
        return self._weights({self.candidates[i].member: i for i in self.final})

    def _weights(self, chosen: Mapping[int, int]) -> list[int]:
        # A member that was not chosen takes the weights of its first candidate.
        first = {c.member: i for i, c in reversed(list(enumerate(self.candidates)))}
        return [chosen.get(member, first[member]) for member in range(len(self))]

    def __len__(self) -> int:
        """Members."""
        return len(self.train_rows)

"""Which members may learn from a row: those that are judged by none that belongs with it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from netable.config.recipe import Recipe
from netable.table.split import plain_values
from netable.train.plan import TrainingPlan

Ints = NDArray[np.int64]
# The section of rows that all members learn from.
FREE = 0


class Sections:
    """The section of every row of a table, of which a sample is split by a plan.

    Rows of the sample that judge members form a section for each held-out part. Other rows are judged by nobody, so all
    members learn from them: section `FREE`. But the rows of a group, and those later than some, belong to the section
    of the sample's rows of this group or time.

    Parameters
    ----------
    plan : TrainingPlan
    recipe : Recipe
        Names the columns of groups and times.
    table : pyarrow.Table
        The sample.
    sampled : (rows of the sample,), rising
        The numbers of its rows.

    Attributes
    ----------
    learners : list of tuples of int
        The members that learn from each section.
    """

    def __init__(self, plan: TrainingPlan, recipe: Recipe, table: pa.Table, sampled: Ints) -> None:
        self._sampled = sampled
        n_all = 1 + max((int(part.max()) for part in plan.train_rows), default=0)
        n_all = max([n_all, *(1 + int(held.rows.max()) for held in plan.held_out)])
        self._own = plan.part_of_rows(n_all)[: len(sampled)] + 1
        self._group, self._time = recipe.group_column, recipe.time_column
        if self._group:
            groups = plain_values(table.column(self._group), "group")
            self._groups = groups.unique()
            self._of_group = np.zeros(len(self._groups), np.int64)
            np.maximum.at(self._of_group, _places(groups, self._groups), self._own)
        if self._time:
            times = _times(table.column(self._time))
            first = {part: times[self._own == part].min() for part in np.unique(self._own[self._own > 0])}
            self._in_order = sorted(first, key=lambda part: (first[part], part))
            self._begins = np.array([first[part] for part in self._in_order])
        every = tuple(range(len(plan)))
        self.learners = [every, *(_learners(plan, held.rows) for held in plan.held_out)]

    def of(self, table: pa.Table, numbers: Ints) -> Ints:
        """The section of each row: (rows,).

        Raises
        ------
        DataError
            If a group or time is missing.
        """
        if self._group:
            places = _places(plain_values(table.column(self._group), "group"), self._groups)
            return np.where(places < 0, FREE, self._of_group[places])
        if self._time:
            places = np.searchsorted(self._begins, _times(table.column(self._time)), "right")
            return np.array([FREE, *self._in_order], np.int64)[places]
        found = places_among(numbers, self._sampled)
        return np.where(found < 0, FREE, self._own[found])


def places_among(numbers: Ints, known: Ints) -> Ints:
    """The place of each number among known, rising ones; -1 for others."""
    places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where(known[places] == numbers, places, -1)


def _learners(plan: TrainingPlan, rows: Ints) -> tuple[int, ...]:
    """The members that learn from the rows of a held-out part, which are the same for all of them."""
    return tuple(member for member, own in enumerate(plan.train_rows) if np.isin(rows[0], own))


def _places(groups: pa.Array, known: pa.Array) -> Ints:
    return np.asarray(pc.fill_null(pc.index_in(groups, value_set=known), -1), np.int64)


def _times(column: pa.ChunkedArray) -> NDArray[np.float64]:
    times = plain_values(column, "time")
    times = times.cast(pa.int64()) if pa.types.is_timestamp(times.type) else times
    return np.asarray(times, np.float64)

"""The split that training would use, in words."""

from __future__ import annotations

from collections.abc import Sequence

from netable.doctor.structure import Structure
from netable.first_look.result import SplitLook
from netable.fit.preparation.prepare import Prepared
from netable.system.wording import counted, listed


def look_at_split(prepared: Prepared, asked_group: str | None, structures: Sequence[Structure]) -> SplitLook:
    """The split of a training that is prepared.

    Parameters
    ----------
    asked_group : str, optional
        The group or time column that was set.
    structures : sequence of Structure
        What `find_structure` found, if no column was set.
    """
    recipe, plan = prepared.recipe, prepared.plan
    kind = "group" if recipe.group_column else "time" if recipe.time_column else "random"
    column = recipe.group_column or recipe.time_column
    judged = max((len(held.rows) for held in plan.held_out), default=0)
    members = {held.member for held in plan.held_out}
    learned = max(
        len(rows) for number, rows in enumerate(plan.train_rows) if number in members or not members
    )
    return SplitLook(
        kind=kind,
        column=column,
        parts=recipe.folds if plan.held_out else 0,
        learned=learned,
        judged=judged if recipe.folds > 1 else sum(len(held.rows) for held in plan.held_out),
        text=_text(prepared, learned, judged),
        why=_why(prepared, asked_group, structures),
    )


def _text(prepared: Prepared, learned: int, judged: int) -> str:
    recipe = prepared.recipe
    if not prepared.plan.held_out:
        return "No rows are held out: one network learns from all of them, and nothing is measured."
    if recipe.folds == 1:
        how = {"group": "whole groups", "time": "the latest rows"}
        kind = "group" if recipe.group_column else "time" if recipe.time_column else ""
        return (
            f"{recipe.validation_fraction:.0%} of the rows are held out ({how.get(kind, 'drawn at random')})."
        )
    if recipe.time_column:
        text = (
            f"In order of {recipe.time_column!r}: {recipe.folds} blocks of about {counted(judged, 'row')} are each "
            "predicted by a network that learned from earlier rows only. Further networks learn from all rows and make "
            "the model."
        )
    else:
        text = (
            f"{recipe.folds} folds: each row is predicted by a network that has not seen it and learned from about "
            f"{counted(learned, 'other row')}."
        )
        if recipe.group_column:
            text += f" All rows of a {recipe.group_column!r} are in one fold."
        elif prepared.target.labels:
            text += " Every class is spread evenly over the folds."
    if prepared.tiny:
        text += " The rows are so few that these folds only measure; one more network learns from all rows."
    return text


def _why(prepared: Prepared, asked: str | None, structures: Sequence[Structure]) -> str:
    column = prepared.recipe.group_column or prepared.recipe.time_column
    if column:
        return "As asked." if asked else "A random split would be too optimistic: see the notes."
    if not structures:
        return "No column seems to name groups of rows, or their place in time, so rows are drawn at random."
    names = listed(sorted({one.name for one in structures}))
    found = [one for one in structures if one.matters]
    if not found:
        return f"{names} might relate rows, but a random split flatters no more than chance."
    return f"Rows are drawn at random, although {listed([one.name for one in found])} relates them: see the findings."

"""The state of a run of some members of a stack, put together from those of runs of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from netable.nn.build import SHARED
from netable.train.history import History

State = dict[str, Any]
# Of one value in each of the states, that of the new one.
Join = Callable[[Sequence[Tensor]], Tensor]


class SavedMembers(NamedTuple):
    """The numbers of the members of a run, its state as `netable.train.checkpoint.Run` gives it, and its file."""

    members: list[int]
    state: State
    path: Path


def regrouped(saved: Sequence[SavedMembers], members: Sequence[int], candidates: Sequence[int]) -> State:
    """The state of a run of these members, from states at the same step that have all of them between them.

    What all members share, such as the order of rows and their noise, is the same in all states, because it is drawn
    for all members in each. So are readings of a probe that belong to no member.

    Parameters
    ----------
    candidates : sequence of int
        The candidates of early stopping whose weights these members have.
    """
    for one in saved:
        if one.members == list(members):
            return one.state
    states = [one.state for one in saved]
    first, of_members = states[0], _Rows.find([one.members for one in saved], members)
    result = first | {
        "losses": None if first["losses"] is None else of_members.join([s["losses"] for s in states], 1),
        "net": {
            name: tensor if name.endswith(SHARED) else of_members.join([s["net"][name] for s in states])
            for name, tensor in first["net"].items()
        },
        "optimizer": _joined([s["optimizer"] for s in states], of_members.join),
        "history": _history([s["history"] for s in states], of_members),
    }
    if "probe" in first:
        result["probe"] = _joined([s["probe"] for s in states], of_members.join)
    if "early_stopping" in first:
        parts = [s["early_stopping"] for s in states]
        of_candidates = _Rows.find([part["candidates"] for part in parts], candidates)
        weights = zip(*(part["best_weights"] for part in parts), strict=True)
        result["early_stopping"] = parts[0] | {
            "candidates": list(candidates),
            "best_weights": [of_candidates.join(tensors) for tensors in weights],
        }
    return result


class _Rows(NamedTuple):
    """Where each wanted row is: the places taken from each state, and the order of all that are taken.

    >>> rows = _Rows.find([[0, 2], [1]], [2, 1])
    >>> rows.join([torch.tensor([10, 12]), torch.tensor([11])])
    tensor([12, 11])
    """

    places: list[list[int]]
    order: list[int]

    @classmethod
    def find(cls, numbers: Sequence[Sequence[int]], wanted: Sequence[int]) -> _Rows:
        """The first state that has each wanted number."""
        found: list[list[int]] = [[] for _ in numbers]
        for number in wanted:
            source = next(i for i, known in enumerate(numbers) if number in known)
            found[source].append(number)
        taken = list(chain.from_iterable(found))
        places = [[known.index(n) for n in some] for known, some in zip(numbers, found, strict=True)]
        return cls(places, [taken.index(number) for number in wanted])

    def join(self, tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
        """The wanted rows of a tensor."""
        parts = zip(tensors, self.places, strict=True)
        taken = torch.cat(
            [tensor.index_select(dim, torch.tensor(some)) for tensor, some in parts if some], dim
        )
        return taken.index_select(dim, torch.tensor(self.order))


def _joined(values: Sequence[Any], join: Join) -> Any:
    """Plain values in which the first dimension of each tensor counts members."""
    first = values[0]
    if isinstance(first, dict):
        return {name: _joined([value[name] for value in values], join) for name in first}
    if isinstance(first, list | tuple):
        return type(first)(_joined(parts, join) for parts in zip(*values, strict=True))
    return join(values) if isinstance(first, Tensor) and first.dim() else first


def _history(states: Sequence[State], rows: _Rows) -> State:
    histories, numbers, count = [], [], 0
    for state, places in zip(states, rows.places, strict=True):
        if places:
            history = History()
            history.load_state_dict(state)
            histories.append(_taken(history, places))
            numbers.append([rows.order.index(count + i) for i in range(len(places))])
            count += len(places)
    return History.of_members(histories, numbers).state_dict()


def _taken(history: History, places: Sequence[int]) -> History:
    """The run of some members, by their places."""
    epochs = [
        epoch._replace(train_loss=[epoch.train_loss[place] for place in places]) for epoch in history.epochs
    ]
    readings = [
        reading._replace(
            loss=[reading.loss[place] for place in places],
            lengths=[reading.lengths[place] for place in places] if reading.lengths else [],
        )
        for reading in history.readings
    ]
    return replace(history, epochs=epochs, readings=readings)

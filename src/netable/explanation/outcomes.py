"""Predictions of many encoded rows at once, by all members or by one member a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from threading import Event

import numpy as np
import torch
from numpy.typing import NDArray

from netable.compute.memory import in_chunks
from netable.compute.threads import run_side_by_side
from netable.explanation.cells import Rows, concat
from netable.model.model import Model
from netable.model.predictor import CHUNK_ROWS
from netable.model.row_sketch import hash_rows
from netable.system.hashing import mix
from netable.table.encode import Encoded

Floats = NDArray[np.float64]
# Cells to predict in one call: enough to keep all cores busy, few enough for any memory.
CELLS_AT_ONCE = 2**22


def outcomes(model: Model, blocks: Iterable[Encoded], members: Rows | None = None) -> Iterator[Floats]:
    """The outcome of each block, predicted in few large calls; of equal rows one, as shuffling a category makes many.

    Parameters
    ----------
    blocks : encoded rows
    members : (rows of a block,), optional
        The member of each stack that predicts the row; all of them if None.
    """
    waiting: list[Encoded] = []
    cells = 0
    for block in blocks:
        waiting.append(block)
        cells += block.numbers.size + block.codes.size
        if cells >= CELLS_AT_ONCE:
            yield from _outcomes_of_all(model, waiting, members)
            waiting, cells = [], 0
    if waiting:
        yield from _outcomes_of_all(model, waiting, members)


def _outcomes_of_all(model: Model, blocks: list[Encoded], members: Rows | None) -> list[Floats]:
    encoded = blocks[0] if len(blocks) == 1 else concat(blocks)
    hashes = hash_rows(encoded)
    if members is not None:
        members = np.tile(members, len(encoded.numbers) // max(1, len(members)))
        hashes = mix(hashes ^ members.astype(np.uint64))
    _, first, place = np.unique(hashes, return_index=True, return_inverse=True)
    distinct = encoded.take(first)
    if members is not None:
        outcome = outcome_by_members(model, distinct, members[first])[place]
    else:
        outcome = model.outcome_of(distinct)[place]
    return np.split(outcome, np.cumsum([len(block.numbers) for block in blocks])[:-1])


def outcome_by_members(model: Model, encoded: Encoded, members: Rows) -> Floats:
    """As `Model.outcome_of`, but each row by only one member of every stack: (rows, d_out or classes).

    Parameters
    ----------
    members : (rows,)
        The position of that member, from 0, as in `LearnedFrom.unseen_by`.
    """
    rows_of = [np.flatnonzero(members == member) for member in range(len(model.net.stacks[0]))]
    longest = max(map(len, rows_of))
    # Every member predicts its rows in one product; shorter lists are padded with repeated rows.
    rows = np.stack([np.resize(mine if len(mine) else [0], longest) for mine in rows_of])
    is_real = np.stack([np.arange(longest) < len(mine) for mine in rows_of])
    chunks = [slice(start, start + CHUNK_ROWS) for start in range(0, longest, CHUNK_ROWS)]
    jobs = [partial(_outcome_of_chunk, model, encoded, rows[:, chunk]) for chunk in chunks]
    outcome = np.empty((len(members), len(model.outputs)))
    for chunk, predicted in zip(chunks, run_side_by_side(jobs, model.net.device), strict=True):
        outcome[rows[:, chunk][is_real[:, chunk]]] = predicted[is_real[:, chunk]]
    return outcome


@torch.no_grad()
def _outcome_of_chunk(model: Model, encoded: Encoded, rows: Rows, stop: Event) -> Floats:
    """The blended outcome of the members' rows (members, chunk): (members, chunk, d_out or classes)."""
    if stop.is_set():
        raise KeyboardInterrupt
    stacks, device = len(model.net.stacks), model.net.device

    def compute(some: slice) -> Floats:
        numbers, codes = (
            torch.from_numpy(cells[rows[:, some]]).to(device).repeat(stacks, 1, 1) for cells in encoded[:2]
        )
        return np.asarray(model.objective.predict(model.net(numbers, codes)).cpu().double().numpy())

    outcome = np.concatenate(in_chunks(compute, rows.shape[1], CHUNK_ROWS, device), 1)
    weights = model.net.weights.cpu().double().numpy().reshape(stacks, -1)
    by_stack = outcome.reshape(stacks, -1, *outcome.shape[1:])
    blended: Floats = np.einsum("sk,skbd->kbd", weights / weights.sum(0), by_stack)
    return blended

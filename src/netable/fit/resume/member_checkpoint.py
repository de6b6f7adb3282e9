"""The saved run of some members of a stack, which resumes whatever members the saved runs have."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

from netable.errors import CheckpointError, TrainingWarning, warn
from netable.fit.resume.checkpoint_folder import BEFORE, files_of_stack
from netable.train import Checkpoint
from netable.train import checkpoint as saving
from netable.train.checkpoint import Run, check_about, interval
from netable.train.peers import Peers
from netable.train.regroup import SavedMembers, regrouped
from netable.train.state_file import read_state

# Steps until the processes of a stack first ask each other how fast they are.
FIRST_STEPS = 8
# A point of a run: has it ended, its epoch and its steps.
Point = tuple[float, float, float]


class MemberCheckpoint(Checkpoint):
    """A checkpoint of some members of a stack; processes of another number share the members out differently.

    Processes that train a stack together save at the same steps, and each keeps its last two files: so there is
    always a point of which every member is saved, whenever one of them is lost.

    Parameters
    ----------
    path : path
    about : mapping
        What describes the stack, whichever members are trained.
    members : sequence of int
    of_all : int
        Members of the stack.
    peers : Peers, optional
        The processes that train the other members.
    write_seconds : float
        The expected time of a write.
    """

    def __init__(
        self,
        path: Path,
        about: Mapping[str, Any],
        members: Sequence[int],
        of_all: int,
        *,
        peers: Peers | None = None,
        write_seconds: float = 0.0,
    ) -> None:
        super().__init__(
            path,
            dict(about) | {"members": list(members)},
            starts_over=peers is None,  # those that train together start at the same point
            write_seconds=write_seconds,
            keeps_global_state=False,  # a fit has its own generators; other fits may use torch's
        )
        self._members, self._of_all, self._peers = list(members), of_all, peers
        self._next_meeting = 0
        self._is_common = False  # the file holds a point that the peers have, too

    def write_if_due(self, run: Run) -> None:
        """Save the state if the last time is long enough ago; with peers, when that is so for all of them."""
        if self._peers is None:
            super().write_if_due(run)
        elif run.pace.done >= self._next_meeting:
            self._meet(run, self._peers)

    def write(self, run: Run) -> None:
        """Save the state, beside the last one that all peers have."""
        if self._peers and not self._peers.is_first:  # the first of the team writes the same
            return
        if self._peers and self._is_common:
            with suppress(OSError):  # the last write has failed
                os.replace(self.path, self.path.with_name(self.path.name + BEFORE))
        super().write(run)
        self._is_common = True

    def resume(self, run: Run) -> None:
        """Load the saved state, if there is one; see `Checkpoint.resume`."""
        super().resume(run)
        self._began, self._done_before = perf_counter(), run.pace.done
        self._next_meeting = run.pace.done + FIRST_STEPS

    def _meet(self, run: Run, peers: Peers) -> None:
        """Agree with the peers whether all save now, and on the step at which they ask each other again."""
        now, done = perf_counter(), run.pace.done
        pace = (done - self._done_before) / max(now - self._began, 1e-9)
        given = peers.share([now - self._last, self.write_seconds, pace])
        passed, write_seconds, paces = zip(*given.values(), strict=True)
        due = interval(saving.INTERVAL, max(write_seconds))
        waited = max(passed)
        if waited >= due:
            self.write(run)
            waited = 0.0
        self._next_meeting = done + max(1, math.ceil((due - waited) * min(paces)))

    def _read(self, run: Run) -> dict[str, Any] | None:
        saved = self._saved()
        points = {point for point, parts in saved.items() if _has_all(parts, self._of_all)}
        if self._peers:
            given = self._peers.share([value for point in points for value in point]).values()
            points = set.intersection(*(set(zip(v[::3], v[1::3], v[2::3], strict=True)) for v in given))
        if not points:
            return None
        of_point = saved[max(points)]
        self._is_common = of_point[0].path == self.path
        stopping = run.early_stopping
        candidates = stopping.state_dict()["candidates"] if stopping else []
        return regrouped(of_point, self._members, candidates) | {"about": self.about}

    def _saved(self) -> dict[Point, list[SavedMembers]]:
        """The saved runs of this stack, by the points where they are; the file of this process first."""
        saved: dict[Point, list[SavedMembers]] = {}
        errors = []
        of_stack = {name: value for name, value in self.about.items() if name != "members"}
        for path in sorted(files_of_stack(self.path), key=lambda path: path != self.path):
            try:
                state = read_state(path)
                members, point = _checked(path, state, of_stack) if state else ([], None)
            except CheckpointError as error:
                errors.append(error)
                continue
            if point:
                saved.setdefault(point, []).append(SavedMembers(members, state, path))
        if errors and not any(_has_all(parts, self._of_all) for parts in saved.values()):
            warn(f"{errors[0]} This run starts over.", TrainingWarning)
        return saved


def _checked(path: Path, state: dict[str, Any], of_stack: Mapping[str, Any]) -> tuple[list[int], Point]:
    """The members of a saved run, and the point where it is.

    Raises
    ------
    CheckpointError
        If it is of another run.
    """
    try:
        check_about(state["about"], of_stack)
        members = [int(member) for member in state["about"]["members"]]
        return members, (float(state["ended"]), float(state["epoch"]), float(state["pace"]["done"]))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(f"The checkpoint {path} is of another run: {error}.") from error


def _has_all(parts: Sequence[SavedMembers], of_all: int) -> bool:
    return {member for part in parts for member in part.members} >= set(range(of_all))

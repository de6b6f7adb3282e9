"""Save the state of a training run to a file, so that it can stop anywhere and resume bit for bit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.compute.memory import RowsAtOnce
from netable.errors import CheckpointError, TrainingWarning, UserError, warn
from netable.train.batches import random_state, set_random_state
from netable.train.history import History
from netable.train.optim import Schedule, check_optimizer_state
from netable.train.probe import Probe
from netable.train.state_file import check_alike, read_state, write_state
from netable.train.stopping import EarlyStopping

# Seconds of training between two writes, at least and at most; and the share of the time that writing may take.
INTERVAL, LONGEST = 5.0, 60.0
SHARE = 0.01


def interval(seconds: float, write_seconds: float) -> float:
    """Seconds between two writes, at least so many, if one takes `write_seconds`."""
    return min(LONGEST, max(seconds, write_seconds / SHARE))


def check_about(about: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuse the description of another run.

    Raises
    ------
    ValueError
    """
    for name, value in expected.items():
        if about.get(name) != value:
            raise ValueError(f"{name} was {about.get(name)!r}, is {value!r}")


class Run:
    """The state of a training run.

    Attributes
    ----------
    epoch : int
        The current one, from 1.
    losses : list of tensors
        Of its steps so far.
    wave_ended : bool
        True if a wave of the schedule has ended in it.
    ended : bool
        True if nothing is left to train.
    rows : RowsAtOnce
        The rows of a batch that fit into memory.
    keeps_global_state : bool
        True if anything may draw from torch's global generators, whose state is then a part of the run.
    """

    def __init__(
        self,
        net: nn.Module,
        optimizer: Optimizer,
        batches: Any,
        pace: Schedule,
        probe: Probe | None,
        early_stopping: EarlyStopping | None,
        history: History | None = None,
    ) -> None:
        self.net, self.optimizer, self.batches = net, optimizer, batches
        self.pace, self.probe, self.early_stopping = pace, probe, early_stopping
        self.rows = RowsAtOnce.of(batches)
        self.history = history if history is not None else History()
        self.epoch, self.wave_ended, self.ended = 1, False, False
        self.losses: list[Tensor] = []
        self._start_epoch_clock(0.0)
        self.keeps_global_state = True

    def next_epoch(self) -> None:
        """Begin the next epoch."""
        self.epoch, self.wave_ended, self.losses = self.epoch + 1, False, []
        self._start_epoch_clock(0.0)

    @property
    def device(self) -> torch.device:
        """The network's device."""
        return next((parameter.device for parameter in self.net.parameters()), torch.device("cpu"))

    @property
    def epoch_seconds(self) -> float:
        """Seconds of the epoch so far, without interruptions."""
        return perf_counter() - self._epoch_began

    def _start_epoch_clock(self, seconds: float) -> None:
        self._epoch_began = perf_counter() - seconds

    @property
    def can_stop_within_epochs(self) -> bool:
        """True if the batches can resume within an epoch, unlike a `DataLoader`."""
        return hasattr(self.batches, "state_dict") and hasattr(self.batches, "load_state_dict")

    def state_dict(self) -> dict[str, Any]:
        """The state as tensors and plain values."""
        return {
            "epoch": self.epoch,
            "losses": torch.stack(self.losses) if self.losses else None,
            "wave_ended": self.wave_ended,
            "seconds": self.epoch_seconds,
            "ended": self.ended,
            "rows_at_once": self.rows.most,
            "net": dict(self.net.state_dict()),
            "optimizer": self.optimizer.state_dict(),
            "noise": [random_state(generator) for generator in self._generators()],
            **{name: part.state_dict() for name, part in self._parts()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a state."""
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name, part in self._parts():
            part.load_state_dict(state[name])
        for generator, saved in zip(self._generators(), state["noise"], strict=True):
            set_random_state(generator, saved)
        losses = state["losses"]
        self.losses = [] if losses is None else list(losses.to(self.device).unbind())
        self.epoch, self.wave_ended, self.ended = state["epoch"], state["wave_ended"], state["ended"]
        self._start_epoch_clock(state["seconds"])
        self.rows.most = state["rows_at_once"]

    def check(self, state: dict[str, Any]) -> None:
        """Refuse a state of other parts, or of other shapes.

        Raises
        ------
        ValueError
        """
        expected = self.state_dict()
        if state.keys() != expected.keys():
            raise ValueError("it is of a run with other parts")
        for name in ("net", "noise"):
            check_alike(state[name], expected[name], name)
        if self.early_stopping:
            check_alike(state["early_stopping"], expected["early_stopping"], "early_stopping")
        check_optimizer_state(self.optimizer, state["optimizer"])

    def _parts(self) -> Iterator[tuple[str, Any]]:
        yield from (("pace", self.pace), ("history", self.history))
        if self.probe:
            yield "probe", self.probe
        if self.early_stopping:
            yield "early_stopping", self.early_stopping
        if self.can_stop_within_epochs:
            yield "batches", self.batches

    def _generators(self) -> list[torch.Generator | None]:
        """The generators that training draws from; None is torch's global one."""
        sources: list[Any] = list(self.net.modules())
        if not self.can_stop_within_epochs:  # else the state of the batches has it
            samplers = [getattr(self.batches, name, None) for name in ("sampler", "batch_sampler")]
            sources += [self.batches, *samplers, getattr(samplers[1], "sampler", None)]
        streams = [getattr(source, "generator", None) for source in sources]
        generators: list[torch.Generator | None] = [g for g in streams if isinstance(g, torch.Generator)]
        if self.keeps_global_state:
            generators.append(None)
            if self.device.type == "cuda":
                generators.append(torch.cuda.default_generators[self.device.index])
        return list(dict.fromkeys(generators))


class Checkpoint:
    """A file with the state of a run of `train`, from which the run resumes if the file exists.

    It is written every few seconds; where writing is slow, so that it takes a hundredth of the time, or every minute.

    Parameters
    ----------
    path : path
    about : mapping, optional
        Plain values that describe the run; a file with other values is of another run.
    starts_over : bool
        Ignore a file that is damaged, or of another run, with a warning; else it is an error.
    write_seconds : float
        The expected time of a write.
    keeps_global_state : bool
        Save the state of torch's global generators; not needed if every part of the run has a generator of its own.

    Attributes
    ----------
    written : bool
        True if this run is in the file.
    write_seconds : float
        The time of the last write.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        about: Mapping[str, Any] | None = None,
        *,
        starts_over: bool = False,
        write_seconds: float = 0.0,
        keeps_global_state: bool = True,
    ) -> None:
        self.path = Path(path)
        self.about = dict(about or {})
        self.starts_over = starts_over
        self.written = False
        self.write_seconds = write_seconds
        self.keeps_global_state = keeps_global_state
        self._last = perf_counter()
        self._has_failed = False

    def write_if_due(self, run: Run) -> None:
        """Save the state if the last time is long enough ago."""
        if self._is_past(INTERVAL):
            self.write(run)

    def write(self, run: Run) -> None:
        """Save the state; if it cannot be saved, warn and train on."""
        began = perf_counter()
        try:
            write_state(self.path, {"about": self.about} | run.state_dict())
            self.written = True
        except (UserError, ValueError, TypeError, MemoryError, RuntimeError) as error:
            if not self._has_failed:
                what = " ".join(str(error).split()).rstrip(".") or type(error).__name__
                if not isinstance(error, UserError):
                    what = f"The checkpoint {self.path} cannot be written: {what}"
                loss = "only be resumed from where it was last saved" if self.written else "not be resumed"
                warn(f"{what}, so this run could {loss}.", TrainingWarning)
            self._has_failed = True
        self._last = perf_counter()
        self.write_seconds = self._last - began

    def write_end(self, run: Run) -> None:
        """Save the end of the run, unless training again is cheaper and gives the same."""
        run.ended = True
        # Within a time limit it would give something else; and a file that exists must not be resumed once more.
        if self.written or run.pace.time_limit or self._is_past(min(1.0, INTERVAL)):
            self.write(run)

    def _is_past(self, seconds: float) -> bool:
        return perf_counter() - self._last >= interval(seconds, self.write_seconds)

    def resume(self, run: Run) -> None:
        """Load the saved state, if there is one.

        Raises
        ------
        CheckpointError
            If the file cannot be used; with `starts_over` that is a warning.
        """
        self._last = perf_counter()
        run.keeps_global_state = self.keeps_global_state
        try:
            state = self._read(run)
            if state is not None:
                self._load(run, state)
        except CheckpointError as error:
            if not self.starts_over:
                raise
            warn(f"{error} This run starts over.", TrainingWarning)

    def _read(self, run: Run) -> dict[str, Any] | None:
        """The state to resume this run from, if there is one."""
        state: dict[str, Any] | None = read_state(self.path)
        return state

    def _load(self, run: Run, state: dict[str, Any]) -> None:
        try:
            check_about(state.pop("about"), self.about)
            run.check(state)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise CheckpointError(f"The checkpoint {self.path} is of another run: {error}.") from error
        beginning = deepcopy(run.state_dict())
        try:
            run.load_state_dict(state)
        except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            run.load_state_dict(beginning)
            what = " ".join(str(error).split())
            raise CheckpointError(
                f"The checkpoint {self.path} cannot be used; remove it to start over: {what}."
            ) from error
        self.written = True

"""Where a run of the loop is, kept in a file, so that it can be stopped anywhere and go on bit for bit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from netable.errors import CheckpointError, FileError, TrainingWarning, warn
from netable.train.batches import random_state, set_random_state
from netable.train.history import Epoch, History
from netable.train.optim import Schedule
from netable.train.probe import Probe
from netable.train.shortage import RowsAtOnce
from netable.train.state_file import read_state, write_state
from netable.train.stopping import EarlyStopping

# Seconds of training between two writes, at least; and the share of the time that writing may take.
INTERVAL = 5.0
SHARE = 0.01
# Optimizers whose kernels trust that what they keep of a parameter has its shape.
_PLAIN = (torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adam, torch.optim.AdamW)


class Run:
    """All that changes while the loop runs.

    Attributes
    ----------
    epoch : int
        The one that is under way, from 1.
    losses : list of tensors
        Of its steps so far.
    wave_ended : bool
        Whether a wave of the schedule has ended in it.
    seconds : float
        That it had taken when the run was last begun or resumed.
    ended : bool
        Whether nothing is left to do.
    rows : RowsAtOnce
        What of a batch fits into memory.
    """

    def __init__(
        self,
        net: nn.Module,
        optimizer: Optimizer,
        batches: Any,
        pace: Schedule,
        probe: Probe | None,
        early_stopping: EarlyStopping | None,
    ) -> None:
        self.net, self.optimizer, self.batches = net, optimizer, batches
        self.pace, self.probe, self.early_stopping = pace, probe, early_stopping
        self.rows = RowsAtOnce.of(batches)
        self.history = History()
        self.epoch, self.wave_ended, self.ended = 1, False, False
        self.losses: list[Tensor] = []
        self.seconds, self._since = 0.0, perf_counter()

    def next_epoch(self) -> None:
        """Begin another one."""
        self.epoch, self.wave_ended, self.losses = self.epoch + 1, False, []
        self.seconds, self._since = 0.0, perf_counter()

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next((parameter.device for parameter in self.net.parameters()), torch.device("cpu"))

    @property
    def epoch_seconds(self) -> float:
        """That the epoch has taken so far, whatever came between."""
        return self.seconds + perf_counter() - self._since

    @property
    def can_stop_within_epochs(self) -> bool:
        """Whether the batches can be gone on with in the middle of an epoch; a `DataLoader`'s cannot."""
        return hasattr(self.batches, "state_dict") and hasattr(self.batches, "load_state_dict")

    def state_dict(self) -> dict[str, Any]:
        """All of it, as tensors and plain values."""
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
        """Go on from there."""
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name, part in self._parts():
            part.load_state_dict(state[name])
        for generator, kept in zip(self._generators(), state["noise"], strict=True):
            set_random_state(generator, kept)
        losses = state["losses"]
        self.losses = [] if losses is None else list(losses.to(self.device).unbind())
        self.epoch, self.wave_ended, self.ended = state["epoch"], state["wave_ended"], state["ended"]
        self.seconds, self._since = state["seconds"], perf_counter()
        self.rows.most = state["rows_at_once"]

    def check(self, state: dict[str, Any]) -> None:
        """Refuse a state of other parts, or of other shapes.

        Raises
        ------
        ValueError
            If it is not one of such a run.
        """
        own = self.state_dict()
        if state.keys() != own.keys():
            raise ValueError("it is of a run with other parts")
        for name in ("net", "noise"):
            _check_alike(state[name], own[name], name)
        if self.early_stopping:
            _check_alike(state["early_stopping"], own["early_stopping"], "early_stopping")
        if isinstance(self.optimizer, _PLAIN):
            parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
            for i, kept in state["optimizer"]["state"].items():
                for name, value in kept.items():
                    if isinstance(value, Tensor) and value.shape not in ((), parameters[i].shape):
                        raise ValueError(f"the optimizer's {name} is not of its parameter's shape")

    def _parts(self) -> Iterator[tuple[str, Any]]:
        yield from (("pace", self.pace), ("history", self.history))
        if self.probe:
            yield "probe", self.probe
        if self.early_stopping:
            yield "early_stopping", self.early_stopping
        if self.can_stop_within_epochs:
            yield "batches", self.batches

    def _generators(self) -> list[torch.Generator | None]:
        """Where the noise of training comes from; None is torch's global generator, for parts without one."""
        streams = [getattr(part, "generator", None) for part in self.net.modules()]
        own: list[torch.Generator | None] = [g for g in streams if isinstance(g, torch.Generator)]
        draws_globally = not own
        if not self.can_stop_within_epochs:  # else the batches keep their own
            shuffler = getattr(self.batches, "generator", None)
            own += [shuffler] if isinstance(shuffler, torch.Generator) else []
            draws_globally |= shuffler is None
        if draws_globally:
            own.append(None)
            own += [torch.cuda.default_generators[self.device.index]] if self.device.type == "cuda" else []
        return own


class Checkpoint:
    """A file that keeps where a run of `train` is, and from which the run goes on if it is there.

    It is written at most every few seconds, and so that writing takes no more than a hundredth of the time.

    Parameters
    ----------
    path : path
    about : mapping, optional
        What the run is; a file that says something else of itself is of another run.
    starts_over : bool
        Whether a file that is damaged, or of another run, is passed over with a note. Else it is an error.

    Attributes
    ----------
    past : list of Epoch
        The epochs before the run was resumed.
    written : bool
        Whether there is something in the file.
    write_seconds : float
        What the last write took.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        about: Mapping[str, Any] | None = None,
        *,
        starts_over: bool = False,
        write_seconds: float = 0.0,
    ) -> None:
        self.path = Path(path)
        self.about = dict(about or {})
        self.starts_over = starts_over
        self.past: list[Epoch] = []
        self.written = False
        self.write_seconds = write_seconds
        self._last = perf_counter()
        self._has_failed = False

    @property
    def is_due(self) -> bool:
        """Whether the file is to be written again."""
        return perf_counter() - self._last >= max(INTERVAL, self.write_seconds / SHARE)

    def write(self, run: Run) -> None:
        """Keep where the run is; a disk that fails costs the checkpoint, not the run."""
        began = perf_counter()
        try:
            write_state(self.path, {"about": self.about} | run.state_dict())
            self.written = True
        except FileError as error:
            if not self._has_failed:
                warn(f"{str(error).rstrip('.')}, so this run could not be resumed.", TrainingWarning)
            self._has_failed = True
        self._last = perf_counter()
        self.write_seconds = self._last - began

    def write_end(self, run: Run) -> None:
        """Keep what the run came to, unless training it again costs less than writing would."""
        run.ended = True
        if perf_counter() - self._last >= max(min(1.0, INTERVAL), self.write_seconds / SHARE):
            self.write(run)

    def resume(self, run: Run) -> None:
        """Bring the run to where it was, if that is known.

        Raises
        ------
        CheckpointError
            If the file cannot be used, and is not to be passed over.
        """
        try:
            state = self._read(run)
        except CheckpointError as error:
            if not self.starts_over:
                raise
            warn(f"{error} What it held is trained again.", TrainingWarning)
            return
        if state is not None:
            try:
                run.load_state_dict(state)
            except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
                what = " ".join(str(error).split())
                raise CheckpointError(
                    f"The checkpoint {self.path} cannot be used; remove it to start over: {what}."
                ) from error
            self.past[:] = run.history.epochs
            self.written = True
            self._last = perf_counter()

    def _read(self, run: Run) -> dict[str, Any] | None:
        state = read_state(self.path)
        if state is None:
            return None
        try:
            about = state.pop("about")
            for name, value in self.about.items():
                if about.get(name) != value:
                    raise ValueError(f"{name} was {about.get(name)!r}, is {value!r}")
            run.check(state)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise CheckpointError(f"The checkpoint {self.path} is of another run: {error}.") from error
        return dict(state)


def _check_alike(found: Any, own: Any, name: str) -> None:
    """Refuse tensors of other shapes, or mappings and sequences of other parts."""
    if isinstance(own, Tensor):
        if not isinstance(found, Tensor) or found.shape != own.shape or found.dtype != own.dtype:
            raise ValueError(f"{name} is not {tuple(own.shape)} of {own.dtype}")
    elif isinstance(own, dict):
        if found.keys() != own.keys():
            raise ValueError(f"{name} has other parts")
        for key, value in own.items():
            _check_alike(found[key], value, f"{name}.{key}")
    elif isinstance(own, list):
        if len(found) != len(own):
            raise ValueError(f"{name} has {len(found)} parts, not {len(own)}")
        for i, value in enumerate(own):
            _check_alike(found[i], value, f"{name}.{i}")

"""Event files of a training run for TensorBoard. tensorboard is an extra: `pip install 'netable[tensorboard]'`."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import time
from types import TracebackType
from typing import Any, BinaryIO, Self

from netable.errors import ConfigError, FileError, TrainingWarning, warn
from netable.fit.members.watcher import RunningStack, Watcher
from netable.model.model import Model
from netable.train import Epoch, Phase


class TensorBoard(Watcher):
    """Writes event files: a run for each stack of members, short runs included, and one for the model's metrics.

    >>> from netable.config.settings import Settings
    >>> from netable.fit.fit import fit
    >>> import pyarrow as pa
    >>> table = pa.table({"age": [1.0, 2.0, 3.0] * 10, "price": [3.0, 2.0, 1.0] * 10})
    >>> settings = Settings(target="price", model="linear", max_epochs=2)
    >>> with TensorBoard("board") as board:
    ...     board.results(fit(table, settings, watchers=[board]))

    Parameters
    ----------
    folder : path
        The folder for `tensorboard --logdir`; created if missing.

    Raises
    ------
    ConfigError
        If tensorboard is not installed.
    FileError
        If the folder cannot be written to.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        try:
            import torch.utils.tensorboard  # noqa: F401
        except ImportError as error:
            raise ConfigError(
                "tensorboard is not installed, for which these files are. Try: pip install 'netable[tensorboard]'"
            ) from error
        self._folder = Path(folder)
        self._files: dict[str, EventFile] = {}
        self._trials, self._in_trial = 0, False
        self._failed = False
        try:
            self._file("model")
        except OSError as error:
            raise FileError(f"{self._folder} cannot be written to: {error.strerror}.") from error

    def on_phase(self, phase: Phase) -> None:
        """Separate short runs from the runs of the model."""
        self._in_trial = phase.is_trial
        self._trials += phase.is_trial

    def on_epoch(self, epoch: Epoch, stack: RunningStack) -> None:
        """Write the losses, of all members together and of each, and the learning rate."""
        losses = {f"members/train {i}": loss for i, loss in enumerate(epoch.train_loss)}
        losses |= {f"members/valid {i}": loss for i, loss in enumerate(epoch.valid_loss) if loss is not None}
        losses["loss/train"] = sum(epoch.train_loss) / len(epoch.train_loss)
        if epoch.mean_valid_loss is not None:
            losses["loss/valid"] = epoch.mean_valid_loss
        self._add(self._run_of(epoch.stack), losses | {"learning rate": epoch.lr}, epoch.epoch)

    def results(self, model: Model) -> None:
        """Write the metrics on held-out rows, and gradients by layer if the model has them."""
        results = model.results
        figures = {
            f"{what}/{name}": value
            for what in ("valid", "baseline")
            for name, value in results.get(what, {}).items()
            if value is not None
        }
        self._add("model", figures, results.get("epochs", 0))
        settings = "\n".join(f"    {key}: {value}" for key, value in model.recipe.to_dict().items())
        self._add("model", {"config": settings}, 0)
        self._in_trial = False
        for reading in getattr(model.history, "readings", []):
            norms = {f"gradient norm/{layer}": norm for layer, norm in reading.gradient_norms.items()}
            self._add(self._run_of(reading.stack), norms, reading.step)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add(self, run: str, values: Mapping[str, Any], step: int) -> None:
        """Write values; a disk that fails ends the event files, not the training."""
        if self._failed:
            return
        try:
            self._file(run).add(values, step)
        except OSError as error:
            self._failed = True
            self.close()
            warn(
                f"{self._folder} cannot be written to any more: {error.strerror}. Training continues without it.",
                TrainingWarning,
            )

    def _run_of(self, stack: int) -> str:
        return f"trial {self._trials}, stack {stack}" if self._in_trial else f"stack {stack}"

    def _file(self, run: str) -> EventFile:
        if run not in self._files:
            self._files[run] = EventFile(self._folder / run)
        return self._files[run]


class EventFile:
    """An event file, written at once: errors of the library's own writer are lost in its thread."""

    _numbers = count()  # for the names of files that one process creates within a second

    def __init__(self, folder: Path) -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time()):010}.{platform.node()}.{os.getpid()}.{next(self._numbers)}"
        self._file: BinaryIO = (folder / name).open("xb")
        self._records, self._event = RecordWriter(self._file), Event
        self._write(file_version="brain.Event:2")

    def add(self, values: Mapping[str, Any], step: int) -> None:
        """Write numbers and texts by their tags."""
        from tensorboard.compat.proto.summary_pb2 import Summary
        from torch.utils.tensorboard.summary import text

        parts = [
            text(tag, value).value[0]
            if isinstance(value, str)
            else Summary.Value(tag=tag, simple_value=float(value))
            for tag, value in values.items()
        ]
        self._write(step=step, summary=Summary(value=parts))

    def close(self) -> None:
        """Close the files."""
        with suppress(OSError):  # a disk that was full before still is
            self._file.close()

    def _write(self, **content: Any) -> None:
        self._records.write(self._event(wall_time=time(), **content).SerializeToString())
        self._records.flush()  # so that TensorBoard shows it at once

"""A training run as TensorBoard shows it. tensorboard is an extra: `pip install 'netable[tensorboard]'`."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from netable.errors import ConfigError, FileError
from netable.model import Model
from netable.train import Epoch, Phase

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoard:
    """Writes event files: a run for each stack of members, short trials included, and one of the model's figures.

    >>> with TensorBoard("runs/board") as board:  # doctest: +SKIP
    ...     board.results(fit(table, config, on_epoch=board.epoch, on_phase=board.phase))

    Parameters
    ----------
    folder : path
        What `tensorboard --logdir` is given; made if it is not there.

    Raises
    ------
    ConfigError
        If tensorboard is not installed.
    FileError
        If the folder cannot be written to.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ConfigError(
                "tensorboard is not installed, which --tensorboard writes for. "
                "Try: pip install 'netable[tensorboard]'"
            ) from error
        self._open = SummaryWriter
        self._folder = Path(folder)
        self._writers: dict[str, SummaryWriter] = {}
        self._trials, self._in_trial = 0, False
        self._writer("model")

    def phase(self, phase: Phase) -> None:
        """Short runs are kept apart from the runs of the model."""
        self._in_trial = phase.is_trial
        self._trials += phase.is_trial

    def epoch(self, epoch: Epoch) -> None:
        """Losses of all members together and of each, and the learning rate."""
        writer = self._writer(self._run_of(epoch.stack))
        losses = {f"members/train {i}": loss for i, loss in enumerate(epoch.train_loss)}
        losses |= {f"members/valid {i}": loss for i, loss in enumerate(epoch.valid_loss) if loss is not None}
        losses["loss/train"] = sum(epoch.train_loss) / len(epoch.train_loss)
        if epoch.mean_valid_loss is not None:
            losses["loss/valid"] = epoch.mean_valid_loss
        for tag, loss in {**losses, "learning rate": epoch.lr}.items():
            writer.add_scalar(tag, loss, epoch.epoch)
        writer.flush()  # who watches sees it now

    def stack_end(self, stack: int) -> None:
        """What was told of it is written already."""

    def results(self, model: Model) -> None:
        """The figures on rows that were not learned from, and gradients by layer, as far as the model knows them."""
        writer, results = self._writer("model"), model.results
        for what in ("valid", "baseline"):
            for name, value in results.get(what, {}).items():
                if value is not None:
                    writer.add_scalar(f"{what}/{name}", value, results["epochs"])
        settings = "\n".join(f"    {key}: {value}" for key, value in model.config.to_dict().items())
        writer.add_text("config", settings)
        self._in_trial = False
        for reading in getattr(model.history, "readings", []):
            self._reading(reading)

    def close(self) -> None:
        """Write what is left."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _reading(self, reading: Any) -> None:
        writer = self._writer(self._run_of(reading.stack))
        for layer, norm in reading.gradient_norms.items():
            writer.add_scalar(f"gradient norm/{layer}", norm, reading.step)

    def _run_of(self, stack: int) -> str:
        return f"trial {self._trials}, stack {stack}" if self._in_trial else f"stack {stack}"

    def _writer(self, run: str) -> SummaryWriter:
        if run not in self._writers:
            try:
                self._writers[run] = self._open(str(self._folder / run))
            except OSError as error:
                raise FileError(f"{self._folder} cannot be written to: {error.strerror}.") from error
        return self._writers[run]

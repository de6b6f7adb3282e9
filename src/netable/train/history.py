"""What happened in a training run, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Ending = Literal["finished", "stopped early", "interrupted", "diverged"]


class Epoch(NamedTuple):
    """One pass over the training rows.

    Attributes
    ----------
    epoch : int
        From 1.
    train_loss : list of float
        The mean over the steps, one a member.
    valid_loss : list of float
        One for each held-out part.
    lr : float
        The highest learning rate in the last step.
    seconds : float
    max_epochs : int
        Epochs that the run may take.
    """

    epoch: int
    train_loss: list[float]
    valid_loss: list[float]
    lr: float
    seconds: float
    max_epochs: int


@dataclass
class History:
    """The epochs of a run, how it ended, and which epoch each candidate for the best weights was taken from."""

    epochs: list[Epoch] = field(default_factory=list)
    ending: Ending = "finished"
    best_epochs: list[int] = field(default_factory=list)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each epoch and member, for a table."""
        return [
            {
                "epoch": e.epoch,
                "member": member,
                "train_loss": loss,
                "valid_loss": e.valid_loss[member] if member < len(e.valid_loss) else None,
                "lr": e.lr,
                "seconds": e.seconds,
            }
            for e in self.epochs
            for member, loss in enumerate(e.train_loss)
        ]

"""The evidence of a training run: its losses, and what probes read."""

from __future__ import annotations

from collections.abc import Sequence

from netable.config import Config
from netable.doctor.training import Run
from netable.train import History


def gather_training(history: History, configs: Sequence[Config] = ()) -> list[Run]:
    """A run for each stack.

    Parameters
    ----------
    configs : sequence of Config
        The settings of each stack, resolved; nothing for a network that was trained without a configuration.
    """
    return []

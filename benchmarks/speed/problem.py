"""The task of all contenders: rows, a network, its first weights and the number of epochs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

LEARNING_RATE = 1e-3
BETAS = (0.9, 0.95)
EPSILON = 1e-8

Floats = NDArray[np.float32]
# A training that is ready to go, from the first weights on; returns the mean loss of its last epoch, if it tells.
Run = Callable[[], float | None]


@dataclass(frozen=True)
class Setting:
    """A size of table and network; the rows are whole batches, so that nobody has a short last one."""

    name: str
    rows: int
    columns: int
    hidden: tuple[int, ...]
    batch_size: int
    epochs: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Features in, hidden units, one logit out."""
        return (self.columns, *self.hidden, 1)

    @property
    def flop_per_row(self) -> int:
        """Operations in the matrix products of a step: forward, backward to weights and to all inputs but the first."""
        products = [before * after for before, after in pairwise(self.widths)]
        return 2 * (3 * sum(products) - products[0])


SETTINGS = (
    Setting("20k×30, 64-64, batch 256", 78 * 256, 30, (64, 64), 256, epochs=10),
    Setting("50k×50, 256-256, batch 256", 195 * 256, 50, (256, 256), 256, epochs=3),
    Setting("50k×50, 512-512, batch 1024", 49 * 1024, 50, (512, 512), 1024, epochs=2),
)
QUICK_SETTINGS = (Setting("quick: 512×6, 8-8, batch 64", 8 * 64, 6, (8, 8), 64, epochs=2),)


@dataclass(frozen=True)
class Problem:
    """A setting with its rows, two classes as 0 and 1, and the first weights of every layer, (in, out) and (out,)."""

    setting: Setting
    X: Floats
    y: Floats
    weights: tuple[tuple[Floats, Floats], ...]

    def part(self, batches: int) -> Problem:
        """The same network on the first few batches, once: enough to load and warm up what is lazy."""
        rows = batches * self.setting.batch_size
        return Problem(replace(self.setting, rows=rows, epochs=1), self.X[:rows], self.y[:rows], self.weights)


def make_problem(setting: Setting, seed: int = 0) -> Problem:
    """Noise as features, classes by a direction with noise, and first weights by He et al. (2015)."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((setting.rows, setting.columns), dtype=np.float32)
    logits = X @ rng.standard_normal(setting.columns, dtype=np.float32)
    y = logits + rng.standard_normal(setting.rows, dtype=np.float32) > 0
    weights = tuple(
        (
            rng.standard_normal((before, after), dtype=np.float32) * np.float32(np.sqrt(2 / before)),
            np.zeros(after, dtype=np.float32),
        )
        for before, after in pairwise(setting.widths)
    )
    return Problem(setting, X, y.astype(np.float32), weights)

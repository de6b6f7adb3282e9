"""The training rows of a fold, the same for every method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.table.target import Label, Target
from netable.table.weights import class_weights

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lesson:
    """The training rows of a fold.

    Attributes
    ----------
    table : pyarrow.Table
        Canonical, with the target.
    y : (rows, d_out), for classes codes (rows,)
    weight : (rows,)
    target : Target
        The target of the whole table; these rows need not have all its classes.
    config : Settings
    threads : int
    """

    table: pa.Table
    y: NDArray[Any]
    weight: Floats
    target: Target
    config: Settings
    threads: int

    @property
    def is_regression(self) -> bool:
        """True if numbers are predicted."""
        return self.target.task == "regression"

    @property
    def training_weight(self) -> Floats:
        """The weight of each row times that of its class."""
        if self.is_regression:
            return self.weight
        by_class = class_weights(self.target.labels, self.y, self.config.class_weight, self.weight)
        product: Floats = self.weight * by_class[self.y]
        return product

    def of_all_classes(self, probability: Floats, labels: tuple[Label, ...]) -> Floats:
        """Probabilities (rows, labels) with a column for every class, also for those absent from training."""
        whole = np.zeros((len(probability), len(self.target.labels)))
        whole[:, [self.target.labels.index(label) for label in labels]] = probability
        return whole

"""What the caller of a fit asked for: a model does not need it, a loaded estimator does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.config.settings import Settings
from netable.table.target import Target


@dataclass(frozen=True)
class Asked:
    """The inputs of a fit beside its rows, as they were given and not as they were resolved.

    Attributes
    ----------
    settings : Settings
        May say "auto".
    has_names : bool
        The columns had names; otherwise they came from an array.
    label_dtype : str
        The NumPy type of the labels given to an estimator, such as int8, str or object; empty for that of the target.
    random_state : int or None
        Of an estimator; None asks for a new seed in each fit.
    warm_start, verbose
        Of an estimator.
    """

    settings: Settings
    has_names: bool = True
    label_dtype: str = ""
    random_state: int | None = 0
    warm_start: bool = False
    verbose: int = 0

    def classes(self, target: Target) -> NDArray[Any]:
        """The labels in their type and order in scikit-learn, in which '10' comes before '9'."""
        return np.unique(np.array(target.labels, self.label_dtype or target.label_dtype))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return vars(self) | {"settings": self.settings.to_dict()}


def name_of_dtype(dtype: np.dtype[Any]) -> str:
    """The name of a type of labels, without the length of texts and of numbers beyond 64 bits."""
    if dtype.kind in "biuf":
        return dtype.name if dtype.itemsize <= 8 else "float64"
    return "str" if dtype.kind == "U" else "object"

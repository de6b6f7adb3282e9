"""What scikit-learn's users hand over, brought to what the rest of the package takes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netable.errors import DataError, DataTypeError, UserError
from netable.train import Epoch

# The dtype of labels of these types; see `netable.table.target.Target`.
LABEL_DTYPES = {bool: "bool", int: "int64", str: "object"}


def plain_labels(classes: NDArray[Any]) -> list[str | int | bool]:
    """Labels as a target column holds them: booleans, whole numbers, or text."""
    if classes.dtype.kind == "b":
        return [bool(label) for label in classes]
    if classes.dtype.kind in "iuf":
        return [int(label) for label in classes]
    return [str(label) for label in classes]


def is_frame(X: Any) -> bool:
    """Whether it has named columns; a pandas frame of unnamed ones is an array."""
    if hasattr(X, "iloc"):
        return bool(len(X.columns)) and any(isinstance(name, str) for name in X.columns)
    return hasattr(X, "__arrow_c_stream__")


def weights_from(sample_weight: Any) -> NDArray[np.float64] | None:
    """Row weights as an array."""
    return None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)


def seed_from(random_state: Any) -> int:
    """A seed: the number itself, one drawn from a generator, or a new one for None."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31))
    return int(random_state)


def print_epoch(epoch: Epoch) -> None:
    """One line about an epoch, on standard error."""
    valid = f", valid {np.mean(epoch.valid_loss):.5g}" if epoch.valid_loss else ""
    sys.stderr.write(f"epoch {epoch.epoch}: train {np.mean(epoch.train_loss):.5g}{valid}\n")


@contextmanager
def as_user_errors() -> Iterator[None]:
    """scikit-learn's checks know best what is wrong; their errors become ours, and keep text and builtin kind."""
    try:
        yield
    except UserError:
        raise
    except TypeError as error:
        raise DataTypeError(str(error)) from error
    except ValueError as error:
        raise DataError(str(error)) from error

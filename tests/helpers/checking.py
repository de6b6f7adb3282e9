"""Checks of every property: an end that was meant, and outputs that can be used."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from hypothesis import HealthCheck, settings

from netable.config.settings import Settings
from netable.errors import DataWarning, TrainingWarning, UserError
from netable.fit.fit import fit
from netable.model.model import Model
from netable.table.reading.read import read

Found = TypeVar("Found")
# Messages are read at a terminal.
LONGEST_MESSAGE = 2000


def examples(few: int) -> settings:
    """So many examples, the same in every run; with the profile `long` as many as that has, each time others."""
    own = {"suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}
    if settings.get_current_profile_name() == "long":
        return settings(**own)
    return settings(max_examples=few, derandomize=True, **own)


@contextmanager
def only_our_warnings() -> Iterator[None]:
    """Every other warning is an error; ours are one line each."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("error")
        warnings.simplefilter("always", DataWarning)
        warnings.simplefilter("always", TrainingWarning)
        yield
    for warning in caught:
        check_message(str(warning.message))


def check_message(text: str) -> None:
    """One line that can be shown and read."""
    assert text.strip()
    assert len(text) <= LONGEST_MESSAGE, text[:200]
    assert len(text.splitlines()) == 1, text


def refused(call: Callable[[], Found], *, by_scikit_learn: bool = False) -> Found | None:
    """The result of a call; None if it refuses its inputs in one line.

    With `by_scikit_learn`, its checks may speak too, in its own words.
    """
    with only_our_warnings():
        if by_scikit_learn:
            for said in (
                "A column-vector y",
                "The number of unique classes",
                "X does not have valid feature names",
            ):
                warnings.filterwarnings("ignore", said, UserWarning)
        try:
            return call()
        except UserError as error:
            if not by_scikit_learn:
                check_message(str(error))
            return None


def trained(source: Any, settings: dict[str, Any]) -> Model | None:
    """A model, or None if table and settings are refused."""
    return refused(lambda: fit(read(source), Settings(**settings)))


def check_outcome(model: Model, outcome: np.ndarray) -> None:
    """Finite numbers, or probabilities."""
    assert outcome.shape[1] == model.target.width
    assert np.isfinite(outcome).all()
    if model.task != "regression":
        assert (outcome >= 0).all()
        assert (outcome <= 1).all()
        np.testing.assert_allclose(outcome.sum(1), 1, rtol=0, atol=1e-12)


def target_scale(model: Model, outcome: np.ndarray) -> float:
    """The unit of differences: 1 for probabilities, the size of the target for numbers."""
    if model.task != "regression" or model.objective.scale is None:
        return 1.0
    deviation = float(model.objective.scale.deviation.abs().max())
    return max(deviation, float(np.abs(outcome).max(initial=0)))


def rows_of(source: Any, places: np.ndarray) -> Any:
    """Some rows of a frame of any library, in the order of `places`."""
    if hasattr(source, "iloc"):
        return source.iloc[places]
    return source[places.tolist()] if hasattr(source, "to_arrow") else source.take(places)


def columns_of(source: Any, names: list[str]) -> Any:
    """Some columns of a frame of any library, in the order of `names`; each name is there once."""
    if hasattr(source, "iloc"):
        return source.iloc[:, [list(source.columns).index(name) for name in names]]
    return source.select(names)


def check_near(model: Model, found: np.ndarray, expected: np.ndarray) -> None:
    """Equal but for rounding."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * target_scale(model, expected))

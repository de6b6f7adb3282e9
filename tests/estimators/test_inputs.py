from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

from netable.errors import ConfigError, DataError, DataTypeError, SchemaError
from netable.estimators.inputs import (
    as_user_errors,
    is_frame,
    plain_labels,
    seed_from,
    weights_from,
)


@pytest.mark.parametrize(
    ("classes", "labels"),
    [
        (np.array([False, True]), [False, True]),
        (np.array([0, 2]), [0, 2]),
        (np.array([0.0, 2.0]), [0, 2]),
        (np.array([3], dtype=np.uint8), [3]),
        (np.array(["a", "b"]), ["a", "b"]),
        (np.array(["a", "b"], dtype=object), ["a", "b"]),
    ],
)
def test_plain_labels__any_dtype__is_brought_to_python(classes: np.ndarray, labels: list[Any]) -> None:
    found = plain_labels(classes)

    assert found == labels
    assert [type(label) for label in found] == [type(label) for label in labels]


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (pd.DataFrame({"a": [1]}), True),
        (pd.DataFrame({"a": [1], 2: [1]}), True),
        (pd.DataFrame([[1, 2]]), False),
        (pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])), True),
        (pd.DataFrame(), False),
        (pd.Series([1]), False),
        (pl.DataFrame({"a": [1]}), True),
        (pl.Series([1]), False),
        (pa.table({"a": [1]}), True),
        (pa.array([1]), False),
        (np.ones((2, 2)), False),
        ([[1, 2]], False),
        (torch.ones(2, 2), False),
        (None, False),
    ],
)
def test_is_frame__named_columns__make_one(X: Any, expected: bool) -> None:
    assert is_frame(X) is expected


def test_seed_from__integer__is_itself() -> None:
    assert seed_from(5) == seed_from(np.int64(5)) == 5


def test_seed_from__generators__give_what_they_draw() -> None:
    for make in (np.random.RandomState, np.random.default_rng):
        generator = make(0)
        first, second = seed_from(generator), seed_from(generator)
        assert first != second
        assert first == seed_from(make(0))


def test_seed_from__none__is_another_each_time() -> None:
    assert len({seed_from(None) for _ in range(5)}) == 5


@pytest.mark.parametrize("value", ["x", 1.5, [1]])
def test_seed_from__anything_else__is_refused(value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        seed_from(value)
    assert str(caught.value) == f"random_state must be an integer, a NumPy generator or None; got {value!r}."


def test_weights_from__numbers__become_float64() -> None:
    weights = weights_from(pd.Series([1, 2], dtype="Int64"))

    assert weights is not None
    assert weights.dtype == np.float64
    assert weights_from(None) is None


def test_weights_from__text__is_refused() -> None:
    with pytest.raises(
        DataError, match=r"^sample_weight must hold numbers: could not convert string to float"
    ):
        weights_from(["much", "little"])


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(ValueError("x"), DataError), (TypeError("x"), DataTypeError), (SchemaError("x"), SchemaError)],
)
def test_as_user_errors__builtin_kinds__become_ours_with_their_text(
    raised: Exception, expected: type[Exception]
) -> None:
    with pytest.raises(expected, match=r"^x$"), as_user_errors():
        raise raised


def test_as_user_errors__other_errors__pass() -> None:
    with pytest.raises(ZeroDivisionError), as_user_errors():
        raise ZeroDivisionError

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.errors import ConfigError, DataError, DataWarning, SchemaError
from netable.table.weights import check_weights, class_weights, row_weights

CODES = np.array([0, 0, 0, 1])


def test_check_weights__some_zero__are_kept_as_float64() -> None:
    given = np.array([0, 2, 1])
    weights = check_weights(given, 3)

    assert weights.dtype == np.float64
    assert weights.tolist() == [0, 2, 1]
    assert weights is not given


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        pytest.param(
            [1, 2], r"There must be one weight for each of 3 rows; got 2\.", marks=pytest.mark.bad_input(59)
        ),
        pytest.param(
            [[1, 2, 3]], r"There must be one weight .*; got shape \(1, 3\)\.", marks=pytest.mark.bad_input(59)
        ),
        pytest.param(
            [1, -2, -3],
            r"The weight is negative in rows 2, 3 \(counted from 1\); weights are zero or more\.",
            marks=pytest.mark.bad_input(60),
        ),
        pytest.param(
            [0, 0, 0],
            r"All 3 weights are zero; at least one row must count\.",
            marks=pytest.mark.bad_input(61),
        ),
        pytest.param([1, np.nan, 1], r"The weight is missing in row 2 \(.*", marks=pytest.mark.bad_input(62)),
        pytest.param(
            [np.inf, 1, 1], r"The weight is infinite in row 1 \(.*", marks=pytest.mark.bad_input(62)
        ),
        (["a", 1, 1], r"The weights must be numbers: could not convert .*"),
    ],
)
def test_check_weights__cannot_be_used__is_refused_with_the_rows(weight: Any, message: str) -> None:
    with pytest.raises(DataError, match=f"^{message}$"):
        check_weights(weight, 3)


@pytest.mark.bad_input(71)
def test_check_weights__no_rows__gives_none() -> None:
    assert check_weights([], 0).shape == (0,)


def test_class_weights__none__is_one_for_each() -> None:
    assert class_weights(("a", "b"), CODES, None).tolist() == [1, 1]


def test_class_weights__balanced__gives_each_class_the_same_sum() -> None:
    assert class_weights(("a", "b"), CODES, "balanced").tolist() == [4 / (2 * 3), 4 / (2 * 1)]


def test_class_weights__balanced_with_weights__counts_by_weight() -> None:
    weighted = class_weights(("a", "b"), CODES, "balanced", np.array([1.0, 0.0, 0.0, 3.0]))

    assert weighted.tolist() == [4 / (2 * 1), 4 / (2 * 3)]


def test_class_weights__balanced_without_rows_of_a_class__does_not_divide_by_zero() -> None:
    assert class_weights(("a", "b", "c"), CODES, "balanced")[2] == 0


@pytest.mark.parametrize(
    ("labels", "mapping"),
    [
        (("a", "b"), {"b": 3}),
        ((0, 1), {1: 3}),
        ((0, 1), {"1": 3.0}),
        ((False, True), {True: 3}),
        ((False, True), {"True": 3}),
        (("0", "1"), {1: np.float32(3)}),
    ],
)
def test_class_weights__mapping__is_by_label_or_its_text(labels: Any, mapping: Any) -> None:
    assert class_weights(labels, CODES, mapping).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({"bb": 3}, r"class_weight names 'bb', which is no class\. Did you mean 'b'\?"),
        ({"b": -1}, r"class_weight of 'b' must be a number of at least 0; got -1\."),
        ({"b": "x"}, r"class_weight of 'b' must be a number of at least 0; got 'x'\."),
        ({"b": float("nan")}, r"class_weight of 'b' must be a number of at least 0; got nan\."),
        ({"b": float("inf")}, r"class_weight of 'b' must be finite; got inf\."),
        ({"a": 0, "b": 0}, r"class_weight is zero for every class; at least one must count\."),
        ("balance", r"class_weight must be 'balanced', a mapping or None; got 'balance'\."),
    ],
)
def test_class_weights__cannot_be_used__is_refused(class_weight: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        class_weights(("a", "b"), CODES, class_weight)


def test_check_weights__next_to_nothing_beside_the_largest__are_refused() -> None:
    with pytest.raises(
        DataError,
        match=r"^The weights range from 1 to 1e\+300; the smallest are negligible beside the largest\.",
    ):
        check_weights([1.0, 1e300, 0.0], 3)
    assert check_weights([1e-200, 1e-210, 0.0], 3).tolist() == [1e-200, 1e-210, 0.0]


def test_row_weights__given_or_of_the_column__are_those_of_the_rows() -> None:
    table = pa.table({"w": pa.array([1.0, 2.0])})

    assert row_weights(table).tolist() == [1, 1]
    assert row_weights(table, "w").tolist() == [0.5, 1]
    assert row_weights(table, "w", [3, 4]).tolist() == [0.75, 1]


def test_row_weights__without_the_column__are_1_with_a_warning_or_refused() -> None:
    table = pa.table({"x": pa.array([1.0, 2.0])})

    with pytest.warns(DataWarning, match=r"^Without the weight column 'w', all rows count the same\.$"):
        assert row_weights(table, "w").tolist() == [1, 1]
    with pytest.raises(SchemaError, match=r"^The weight column 'w' is not in the table\."):
        row_weights(table, "w", required=True)


def test_row_weights__given__are_shares_of_the_largest() -> None:
    table = pa.table({"w": [1.0, 2.0, 4.0]})

    assert row_weights(table, "w").tolist() == [0.25, 0.5, 1]
    assert row_weights(table).tolist() == [1, 1, 1]


@given(st.lists(st.floats(1e-6, 1e6), min_size=1), st.floats(1e-9, 1e9))
def test_row_weights__any_scale__same_proportions(values: list[float], scale: float) -> None:
    table = pa.table({"x": values})
    weights = row_weights(table, given=np.array(values))

    np.testing.assert_allclose(weights, np.array(values) / max(values), rtol=2**-40)
    np.testing.assert_allclose(row_weights(table, given=np.array(values) * scale), weights, rtol=2**-38)

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import computed
from netable.deploy.contract.inputs import NO_DATE
from netable.deploy.onnx.calendar import date_numbers, whole
from netable.table.kinds.date import DAY, Date


def numbers_of(moments: np.ndarray, *, has_time: bool) -> np.ndarray:
    def build(graph, x):
        return date_numbers(graph, x, graph.op("Equal", x, whole(NO_DATE)), has_time=has_time)

    (found,) = computed(build, moments[:, None])
    return found


def expected(moments: np.ndarray, *, has_time: bool) -> np.ndarray:
    data = pa.chunked_array([pa.array(moments, mask=moments == NO_DATE).cast(pa.timestamp("us"))])
    return np.column_stack(Date("d", "timestamp", has_time=has_time).numbers(data))


@pytest.mark.parametrize("has_time", [False, True])
def test_date_numbers__every_day_of_a_leap_cycle__are_those_of_the_encoder(has_time: bool) -> None:
    days = np.arange(-146_097 - 800, 146_097, 7) * DAY + 12_345_678_901 * has_time
    moments = np.append(days, [NO_DATE, 0, -1, DAY - 1, -DAY])

    np.testing.assert_allclose(
        numbers_of(moments, has_time=has_time), expected(moments, has_time=has_time), rtol=0, atol=1e-9
    )


@settings(max_examples=20, derandomize=True)
@given(st.lists(st.datetimes(), min_size=1, max_size=20))
def test_date_numbers__any_date__are_those_of_the_encoder(dates: list) -> None:
    moments = np.array(dates, "datetime64[us]").astype(np.int64)

    np.testing.assert_allclose(
        numbers_of(moments, has_time=True), expected(moments, has_time=True), rtol=1e-12, atol=1e-9
    )


def test_date_numbers__whole_minutes__are_those_of_the_encoder_to_the_last_bit() -> None:
    moments = np.arange(0, 400 * DAY, 61 * 60_000_000 * 7)

    np.testing.assert_array_equal(numbers_of(moments, has_time=True), expected(moments, has_time=True))

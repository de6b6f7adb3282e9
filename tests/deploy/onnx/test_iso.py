from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import computed
from netable.deploy.onnx.iso import moments_of
from netable.table.canonical.dates import parse_timestamps

DATES = (
    *("2011-02-01", "1970-01-01", "0001-01-01", "9999-12-31", "2000-02-29", "1900-02-28", "2100-03-01"),
    *("2011-02-01T15:04", "2011-02-01 15:04:05", "2011-02-01T00:00:00.5", "1969-12-31T23:59:59.999999"),
    *("2011-02-01T15:04:05Z", "2011-02-01 15:04+09:00", "2011-02-01T15:04:05.25-05:30"),
    *("2011-02-01 15:04:05.123456789", "2011-02-01T15:04:05.9999999"),
)


def test_moments_of__dates__are_those_that_are_read() -> None:
    found, missing = computed(moments_of, np.array(DATES, dtype=object)[:, None])

    assert not missing.any()
    assert found[:, 0].tolist() == parse_timestamps(pa.array(DATES)).cast(pa.int64()).to_pylist()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NA",
        "2011-02-30",
        "1900-02-29",
        "2011-13-01",
        "2011-2-1",
        "01/02/2011",
        "2011-02-01T24:00",
        "2011-02-01x",
    ],
)
def test_moments_of__text_that_is_no_date__is_missing(text: str) -> None:
    _, missing = computed(moments_of, np.array([["2011-02-01"], [text]], dtype=object))

    assert missing[:, 0].tolist() == [False, True]


@settings(max_examples=20, derandomize=True)
@given(st.lists(st.datetimes(), min_size=1, max_size=20))
def test_moments_of__any_moment__is_that_moment(moments: list) -> None:
    texts = np.array([moment.isoformat() for moment in moments], dtype=object)[:, None]
    found, missing = computed(moments_of, texts)

    assert not missing.any()
    assert found[:, 0].tolist() == np.array(moments, "datetime64[us]").astype(np.int64).tolist()

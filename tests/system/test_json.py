from __future__ import annotations

import json
import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.system.json import strict_json, without_nan

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=20,
)


@given(PLAIN, st.booleans())
def test_strict_json__what_json_writes__comes_back(value: object, ascii_only: bool) -> None:
    text = json.dumps({"a": value}, ensure_ascii=ascii_only)

    assert strict_json(text.encode(), deepest=100) == {"a": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', "the key 'a' is there twice"),
        (b'[{"a": {"x": 1, "x": 1}}]', "the key 'x' is there twice"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b'{"a": -Infinity}', "-Infinity is no JSON"),
        (b'{"a": 1e999}', "not JSON compliant"),
        (b'{"a": "\\ud800"}', "surrogates not allowed"),
        (b'{"\\udfff": 1}', "surrogates not allowed"),
        (b'{"a": "\xed\xa0\x80"}', "invalid continuation byte"),
        ('{"a": 1}'.encode("utf-16"), "invalid start byte"),
        (b'{"a": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
        (b"[" * 5 + b"]" * 5, "it is nested 5 deep; 4 are allowed"),
        (b'{"a":' * 100_000, "it is nested 100000 deep; 4 are allowed"),
        (b"[" * 1_000_000, "it is nested 1000000 deep; 4 are allowed"),
        (b'["', "Unterminated string"),
        (b"", "Expecting value"),
    ],
)
def test_strict_json__what_could_be_misread__is_a_value_error(text: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        strict_json(text, deepest=4)


def test_strict_json__brackets_in_texts__are_no_nesting() -> None:
    value = {"[[[[[[": ["{{{{", '\\"[[[[[[', "]]]]]", "\\"], "b": [[[]]]}

    assert strict_json(json.dumps(value).encode(), deepest=4) == value
    with pytest.raises(ValueError, match="nested 4 deep"):
        strict_json(json.dumps(value).encode(), deepest=3)


def test_strict_json__pair_of_halves__is_one_character() -> None:
    assert strict_json(b'"\\ud83d\\ude00"', deepest=1) == "😀"


@pytest.mark.parametrize("text", [b'"' + b'\\"' * 200_000, b'["' + b"\\" * 400_000, b'"' * 400_000])
def test_strict_json__texts_without_an_end__are_scanned_once(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):  # minutes, if every quote began a scan
        strict_json(b"[" * 9 + text, deepest=4)


def test_strict_json__deep_nesting__is_bounded_whatever_python_allows() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    try:
        with pytest.raises(ValueError, match="nested"):
            strict_json(b"[" * 900_000, deepest=12)
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.bad_input(76)
def test_without_nan__numbers_that_json_lacks__are_none() -> None:
    value = {1: [math.nan, math.inf, (1.5, -math.inf)], "a": {"b": math.nan}, "c": True}

    assert without_nan(value) == {"1": [None, None, [1.5, None]], "a": {"b": None}, "c": True}

from __future__ import annotations

import numpy as np
import pytest

from c_code import compiled, needs_gcc
from netable.deploy.c.source import Source, identifiers, literal, numerals, remark


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numerals__any_number__are_read_back_to_the_last_bit(dtype: str) -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**63, 2000, dtype=np.uint64).view(np.float64)
    numbers = np.append(bits[np.isfinite(bits)], [0.1, 1e-45, 5e-324, 3.4e38, -0.0]).astype(np.float64)
    with np.errstate(over="ignore"):
        numbers = numbers.astype(dtype)
    numbers = numbers[np.isfinite(numbers)]

    assert (np.array(list(map(float, numerals(numbers)))).astype(dtype) == numbers).all()


def test_numerals__numbers_that_are_not_finite__are_those_of_math_h() -> None:
    assert numerals(np.array([np.nan, np.inf, -np.inf])) == ["NAN", "INFINITY", "-INFINITY"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a b", '"a b"'),
        ('say "no"', '"say \\042no\\042"'),
        ("??/", '"\\077\\077/"'),
        ("도1", '"\\353\\217\\2041"'),
        ("a\n\\", '"a\\012\\134"'),
        (None, "NULL"),
    ],
)
def test_literal__any_text__is_ascii(text: str | None, written: str) -> None:
    assert literal(text) == written


@pytest.mark.parametrize("text", ["*/ int x; /*", "??/", "a\nb", "*??/", "\u202e", "//*/*/"])
def test_remark__text_that_would_end_or_nest_a_comment__does_not(text: str) -> None:
    shown = remark(text)

    assert not any(mark in shown for mark in ("*/", "/*", "??", "\n", "\u202e"))


def test_identifiers__names_that_c_does_not_allow__are_changed_and_distinct() -> None:
    names = ["size [m²]", "도시", "도로", "int", "2nd", "Size m", "a", "A", "isnan", "DAY"]

    assert identifiers(names) == [
        *("size_m", "column_2", "column_3", "int_", "column_2nd", "size_m_", "a", "a_", "isnan_", "day"),
    ]


def test_code__equal_tables_and_functions_that_nothing_calls__are_written_once_or_never() -> None:
    source = Source(np.dtype("float32"))
    first, again = (source.table(name, np.array([1, 2])) for name in ("first", "again"))
    empty = source.table("empty", np.array([], np.int64))
    source.function("double f(double x)", ["return raised(x);"])
    code = source.code()

    assert first == again == "first"
    assert f"{empty}[1]" in code
    assert "static double raised(" in code
    assert "static double logarithm(" not in code


@needs_gcc
def test_code__texts__are_those_of_python() -> None:
    texts = ["", "a", "도시", "??/\n\\\"'"]
    code = compiled(
        lambda source: source.function(
            "int find(const char *text)",
            [f"return place_of_text(text, {source.texts('texts', sorted(texts, key=str.encode))}, 4);"],
        )
    )

    assert [code.find(text.encode()) for text in sorted(texts, key=str.encode)] == [0, 1, 2, 3]
    assert code.find(b"b") == -1

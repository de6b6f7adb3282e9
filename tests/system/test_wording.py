from __future__ import annotations

from ast import literal_eval

import pytest

from netable.system.wording import counted, number, percent, quoted, row_numbers, setting


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["a"], "'a'"),
        (["a", "b", "c"], "'a', 'b' and 'c'"),
        (list("abcdefg"), "'a', 'b', 'c', 'd' and 3 more"),
    ],
)
def test_quoted__many__are_the_first_few(given: list[str], said: str) -> None:
    assert quoted(given) == said


def test_setting__name_with_quotes__is_what_python_reads() -> None:
    typed = setting("ignore_columns", ['a "b"', "c\\d", "면적"])

    assert literal_eval(typed.removeprefix("ignore_columns=")) == ['a "b"', "c\\d", "면적"]


def test_row_numbers__more_than_twenty__are_cut_and_counted() -> None:
    said = row_numbers(list(range(25)))

    assert said.startswith("rows 1, 2, ")
    assert said.endswith(" 20 and 5 more (counted from 1)")
    assert row_numbers([6]) == "row 7 (counted from 1)"


@pytest.mark.parametrize(
    ("part", "said"),
    [(0.0, "0%"), (1e-6, "under 0.1%"), (0.9999, "over 99.9%"), (1.0, "100%"), (1.5, "150%")],
)
def test_percent__nearly_all_or_nothing__is_not_rounded_to_it(part: float, said: str) -> None:
    assert percent(part) == said


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.00012345, "-0.0001234"),
        (0.00001234, "1.234e-05"),
        (999.96, "1000"),
        (12345.678, "12,346"),
        (9_999_999.4, "9,999,999"),
        (1.5e9, "1.5e+09"),
        (float("inf"), "inf"),
        (12_345, "12,345"),
    ],
)
def test_number__any_size__has_few_digits_and_loses_none_before_the_point(value: float, text: str) -> None:
    assert number(value) == text


def test_counted__one__is_singular() -> None:
    assert [counted(n, "epoch") for n in (0, 1, 2000)] == ["0 epochs", "1 epoch", "2,000 epochs"]

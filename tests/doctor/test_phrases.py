from __future__ import annotations

from ast import literal_eval

import pytest

from netable.doctor.phrases import names, row_numbers, setting, share


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["a"], "'a'"),
        (["a", "b", "c"], "'a', 'b' and 'c'"),
        (list("abcdefg"), "'a', 'b', 'c', 'd' and 3 more"),
    ],
)
def test_names__many__are_the_first_few(given: list[str], said: str) -> None:
    assert names(given) == said


def test_setting__name_with_quotes__is_what_python_reads() -> None:
    typed = setting("ignore_columns", ['a "b"', "c\\d"])

    assert literal_eval(typed.removeprefix("ignore_columns=")) == ['a "b"', "c\\d"]


def test_row_numbers__more_than_twenty__are_cut_and_counted() -> None:
    said = row_numbers(list(range(25)))

    assert said.startswith("rows 1, 2, ")
    assert said.endswith(" 20 and 5 more (counted from 1)")
    assert row_numbers([6]) == "row 7 (counted from 1)"


@pytest.mark.parametrize(("part", "said"), [(0.0, "0.0%"), (1e-6, "under 0.1%"), (0.9999, "over 99.9%")])
def test_share__nearly_all_or_nothing__is_not_rounded_to_it(part: float, said: str) -> None:
    assert share(part) == said

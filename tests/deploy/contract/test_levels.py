from __future__ import annotations

import pytest

from netable.deploy.contract.levels import spellings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ki",
            [["K", "k", "\u212a"], ["I", "i", "\u0130"]],
        ),  # the sign of kelvin, and a capital i with its dot
        ("도1", [["도"], ["1"]]),
        ("K", [[]]),  # no letter is a capital one in lower case
    ],
)
def test_spellings__letters__are_all_that_are_this_one_in_lower_case(
    text: str, expected: list[list[str]]
) -> None:
    assert spellings(text) == expected

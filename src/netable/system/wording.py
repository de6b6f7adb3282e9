"""How numbers of things and lists of them read."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "row"), counted(12345, "row"), counted(2, "category")
    ('1 row', '12,345 rows', '2 categories')
    """
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("y") else f"{number:,} {noun}s"


def of_class(target: str, label: object) -> str:
    """A class as it is spoken of: by its name, or as a value of the target if it is a number.

    >>> of_class("survived", 1), of_class("species", "setosa")
    ('survived = 1', 'setosa')
    """
    return label if isinstance(label, str) else f"{target} = {label}"


def listed(parts: Sequence[str]) -> str:
    """Parts with commas and an and.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def ordered_counts(names: Sequence[str]) -> list[str]:
    """How often each is there, in the order of the first ones.

    >>> ordered_counts(["number", "category", "number"])
    ['2 numbers', '1 category']
    """
    return [counted(names.count(name), name) for name in dict.fromkeys(names)]

"""Codes of categories and texts: their meaning, and how levels enter a network."""

from __future__ import annotations

from collections.abc import Sequence

from netable.config.codes import FIRST_LEVEL as FIRST_LEVEL
from netable.config.codes import MISSING as MISSING
from netable.config.codes import UNSEEN as UNSEEN

# Categories of at most this many levels are one-hot encoded; those of more have a learned embedding.
ONE_HOT_LEVELS = 9


def has_embedding(cardinality: int) -> bool:
    """True if a category with so many codes has an embedding, False if it is one-hot encoded."""
    return cardinality > ONE_HOT_LEVELS + FIRST_LEVEL


def least_rows(cardinality: int) -> int:
    """The rows that make a level known: the embedding of one in a single row would be that row's answer."""
    return 2 if has_embedding(cardinality) else 1


def has_many_levels(levels: Sequence[int]) -> bool:
    """True if one of the categories, of so many levels each, has an embedding."""
    return any(has_embedding(count + FIRST_LEVEL) for count in levels)


def codes_of_columns(cardinalities: Sequence[int], widths: Sequence[int]) -> list[int]:
    """The number of codes of each column of codes, 0 for those of texts, which have several columns."""
    return [
        count if width == 1 else 0
        for count, width in zip(cardinalities, widths, strict=True)
        for _ in range(width)
    ]

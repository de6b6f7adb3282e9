"""Free text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.system.wording import counted
from netable.table.kinds.column import Column, ColumnValues
from netable.table.kinds.pieces import learn_pieces, most_pieces, pieces_as_places

# So few different texts are levels, however many words they have.
_LEVELS_AT_LEAST = 20
_NUMBERS = ("characters", "words")


@dataclass(frozen=True)
class Text(Column):
    """A text, encoded as codes of its words and of parts of them, and as two numbers, its characters and words."""

    kind = "text"
    because = "many different texts of three words or more"
    selected_as = "text"
    has_code = True

    @classmethod
    def infer(cls, values: ColumnValues) -> Column | None:
        """Many texts of three words on average."""
        if not values.holds_text or not values.are_sentences:
            return None
        are_many = len(values.distinct) > max(_LEVELS_AT_LEAST, values.n_present / 2)
        return cls(values.name, values.storage) if are_many else None

    @property
    def number_names(self) -> list[str]:
        """The names of the two numbers, such as "review (words)"."""
        return [f"{self.name} ({what})" for what in _NUMBERS]

    def numbers(self, selected: pa.ChunkedArray) -> list[np.ndarray]:
        """The number of characters and of words."""
        counts = pc.utf8_length(selected), pc.count_substring_regex(selected, r"\S+")
        return [count.cast(pa.float64()).to_numpy() for count in counts]

    def learn_levels(self, selected: pa.ChunkedArray) -> tuple[tuple[str, ...], int]:
        """The pieces that several texts have, and how many of them one text has at most."""
        texts = pc.unique(selected).drop_null()
        known = learn_pieces(texts)
        return known, most_pieces(texts, known)

    def codes(self, selected: pa.ChunkedArray, levels: tuple[str, ...], width: int) -> np.ndarray:
        """The codes of each text's known pieces, then 0."""
        codes: np.ndarray = pieces_as_places(selected.combine_chunks().fill_null(""), levels, width)
        codes += 2
        codes[codes == 1] = 0
        return codes

    def seen_as(self, levels: tuple[str, ...]) -> str:
        """The number of known pieces."""
        return f"{counted(len(levels), 'known piece')} of words"

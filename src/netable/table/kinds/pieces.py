"""Words of texts and parts of these, as places among those that the training table repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Ints = NDArray[np.int64]
# Known pieces of a column, and of one text, at most.
MOST_KNOWN, MOST_OF_A_TEXT = 1 << 13, 64
# A piece of fewer texts cannot be learned; one of a greater share of them hardly tells them apart.
FEWEST_TEXTS, MOST_TEXTS = 2, 0.5
# Characters that are read of a text, and of a word.
LONGEST_TEXT, LONGEST_WORD = 10_000, 40
# Texts of the training table that are read for its pieces, and words that are taken apart, at most.
_TEXTS_AT_MOST, _WORDS_AT_MOST = 1 << 18, 1 << 16
# Texts at a time, which bounds the memory for intermediate results.
_BLOCK = 1 << 14
# Blanks and punctuation, after NFKC, which leaves no wide or narrow forms. (A class by Unicode's categories takes
# milliseconds to compile, at each call.)
_BETWEEN_WORDS = (
    r"[\s!-/:-@\[-`{-~\x{a0}-\x{bf}\x{60c}\x{61b}\x{61f}\x{964}\x{2000}-\x{206f}\x{3000}-\x{303f}]+"
)
# Characters in a part of a word; syllables and characters that are words say more.
_SIZES, _SIZES_OF_SYLLABLES = (3, 4, 5), (1, 2, 3)
# The signs from Kana to Hangul, with the Chinese ones between them.
_SYLLABLES = "\u3040", "\ud7ff"


class _Words(NamedTuple):
    """The words of some texts.

    Parameters
    ----------
    rows : (words,), rising
        The text of each word.
    places : (words,)
        Its place among the distinct ones.
    distinct : list of str
    """

    rows: Ints
    places: Ints
    distinct: list[str]

    @classmethod
    def of(cls, texts: pa.Array) -> _Words:
        """The words in lower case, without punctuation."""
        plain = pc.utf8_lower(pc.utf8_normalize(pc.utf8_slice_codeunits(texts, 0, LONGEST_TEXT), "NFKC"))
        spaced = pc.utf8_trim(pc.replace_substring_regex(plain, _BETWEEN_WORDS, " "), " ")
        lists = pc.split_pattern(spaced, " ")
        words = pc.utf8_slice_codeunits(pc.list_flatten(lists), 0, LONGEST_WORD).dictionary_encode()
        rows = pc.list_parent_indices(lists).to_numpy()
        return cls(rows, words.indices.to_numpy().astype(np.int64), words.dictionary.to_pylist())

    def texts_of_each(self) -> Ints:
        """The number of texts with each distinct word."""
        n = max(1, len(self.distinct))
        return np.bincount(np.unique(self.rows * n + self.places) % n, minlength=n)


def learn_pieces(texts: pa.Array) -> tuple[str, ...]:
    """The words and parts of words that several of the different texts have, at most MOST_KNOWN.

    Words come first, and what more texts have before what fewer have. What occurs only within one longer piece says no
    more than this one and is left out.
    """
    texts = texts.take(pc.array_sort_indices(texts))[:: -(-len(texts) // _TEXTS_AT_MOST) or 1]
    counts = Counter[str]()
    for block in _blocks(texts):
        words = _Words.of(block)
        counts.update(dict(zip(words.distinct, words.texts_of_each().tolist(), strict=False)))
    counts.pop("", None)
    texts_of = Counter[str]()
    for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_WORDS_AT_MOST]:
        texts_of.update(dict.fromkeys(_pieces_of(word), count))
    repeated = {piece: n for piece, n in texts_of.items() if n >= FEWEST_TEXTS}
    within = {part for piece, n in repeated.items() for part in _parts_of(piece) if repeated.get(part) == n}
    most = max(FEWEST_TEXTS, MOST_TEXTS * len(texts))
    known = (piece for piece, n in repeated.items() if n <= most and piece not in within)
    return tuple(sorted(known, key=lambda p: (not _is_word(p), -texts_of[p], p))[:MOST_KNOWN])


def most_pieces(texts: pa.Array, known: tuple[str, ...]) -> int:
    """The most known pieces that one of the texts has, from 1 to MOST_OF_A_TEXT."""
    most = (np.bincount(_found(block, known)[0], minlength=1).max() for block in _blocks(texts))
    return int(min(MOST_OF_A_TEXT, max(most, default=1) or 1))


def pieces_as_places(texts: pa.Array, known: tuple[str, ...], width: int) -> NDArray[np.int32]:
    """The places of each text's first known pieces, rising, then -1: (texts, width)."""
    places = np.full((len(texts), width), -1, dtype=np.int32)
    for i, block in enumerate(_blocks(texts)):
        rows, found = _found(block, known)
        column = np.arange(len(rows)) - np.searchsorted(rows, rows)
        kept = column < width
        places[i * _BLOCK + rows[kept], column[kept]] = found[kept]
    return places


def _blocks(texts: pa.Array) -> Iterator[pa.Array]:
    return (texts[start : start + _BLOCK] for start in range(0, len(texts), _BLOCK))


def _is_word(piece: str) -> bool:
    return piece[0] == "<" and piece[-1] == ">"


def _pieces_of(word: str) -> set[str]:
    """The word between marks, its beginning, and its parts of three to five signs or of one to three syllables."""
    marked = f"<{word}>"
    sizes = _SIZES_OF_SYLLABLES if any(_SYLLABLES[0] <= c <= _SYLLABLES[1] for c in word) else _SIZES
    parts = (marked[start : start + size] for size in sizes for start in range(len(marked) - size + 1))
    return {marked, marked[:2], *parts} - {"<", ">"}


def _parts_of(piece: str) -> Iterable[str]:
    """The parts of a word, and the next shorter parts of a part."""
    return _pieces_of(piece[1:-1]) - {piece} if _is_word(piece) else {piece[1:], piece[:-1]} - {piece}


def _found(texts: pa.Array, known: tuple[str, ...]) -> tuple[Ints, Ints]:
    """The texts in which known pieces are found, rising, and the places of these, rising for each text."""
    words, places = _Words.of(texts), _places(known)
    of_words = [[places[piece] for piece in _pieces_of(word) if piece in places] for word in words.distinct]
    lengths = np.array([len(found) for found in of_words], dtype=np.int64)
    flat = np.array([place for found in of_words for place in found], dtype=np.int64)
    counts = lengths[words.places]
    first = (np.cumsum(lengths) - lengths)[words.places]
    step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    n = max(1, len(known))
    once = np.unique(np.repeat(words.rows, counts) * n + flat[np.repeat(first, counts) + step])
    return once // n, once % n


@lru_cache(maxsize=64)
def _places(known: tuple[str, ...]) -> dict[str, int]:
    return {piece: place for place, piece in enumerate(known)}

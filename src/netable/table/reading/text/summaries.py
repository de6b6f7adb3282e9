"""Rows that sum up other rows, such as totals and averages, found by their empty cells and their numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netable.table.canonical.together import joined
from netable.table.canonical.units import unit_of, without_unit
from netable.table.canonical.values import NumberForm, number_forms, unparsed, usual_form, where

LEAST_ROWS = 3
MOST_CANDIDATES = 1_000
# More columns would add no certainty.
MOST_COLUMNS = 8
USUALLY_FILLED = 0.7
# The greatest number of coincidences to expect, for each row and for all of them together.
_CHANCE_OF_ROW, _CHANCE = 0.1, 0.001
# Rows that are mostly filled are that much rarer summaries.
_PENALTY = 10
_STARTS_LIKE_A_VALUE = r"^[^\p{L}\p{N}]*\p{N}"
_WORD = re.compile(
    r"\W*(?:(?:grand|sub|sous|zwischen|gesamt|total|overall)[ -]?)?(?:totals?|totale|totaal|sums?|summe|gesamt|"
    r"insgesamt|average|avg|mean|durchschnitt|mittelwert|somme|moyenne|suma|promedio|media|somma|soma|média|som|gemiddelde|"
    r"итого|всего|сумма|среднее|razem|średnia|toplam|ortalama|celkem|yhteensä|"
    r"합계|총계|총합|소계|평균|계|合計|小計|平均|総計|合计|小计|总计|平均值)(?:\W.*)?",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_WORD = 60
# Squares of larger numbers overflow.
_LARGEST = 1e150


class _Numbers(NamedTuple):
    """A column of numbers, NaN where a cell holds none, with the sums and counts of the rows above each row.

    `spread` is the standard deviation and `most` the greatest size of the numbers in rows without odd cells.
    """

    name: str
    values: np.ndarray
    sums: np.ndarray
    counts: np.ndarray
    spread: float
    most: float


def find_summaries(table: pa.Table, number_places: Sequence[int], missing: Collection[str]) -> dict[int, str]:
    """Find the rows that sum up the rows above them, all or those since the last such row, or all rows below.

    Returns the words for each row, which are counted from 0.

    Parameters
    ----------
    table : pyarrow.Table
        Columns of texts.
    number_places : sequence of int
        The columns that hold numbers.
    missing : collection of str
        Texts that are missing values.
    """
    if table.num_rows <= LEAST_ROWS or not number_places:
        return {}
    odd, share = _odd_cells(table, number_places, missing)
    candidates = np.flatnonzero(odd)
    if len(candidates) > MOST_CANDIDATES:
        candidates = np.flatnonzero(share >= 0.5)[-MOST_CANDIDATES:]
    last = table.num_rows - 1
    rows = sorted({*candidates.tolist(), last})
    may_be = _word(table, last) or _may_be_sum(table, number_places[0], last)
    if not odd[rows].any() and not may_be:
        return {}
    ordinary = np.ones(table.num_rows, bool)
    ordinary[rows] = False
    columns = [_numbers(table, place, ordinary) for place in number_places[:MOST_COLUMNS]]
    summaries: dict[int, str] = {}
    chances = []
    for row in rows:
        word = _word(table, row)
        is_empty = share[row] >= 0.5
        chance, what = _coincidence(columns, row, [*summaries])
        expected = chance * len(rows) * (1 if is_empty else _PENALTY)
        if word and (is_empty or chance <= 0.5):
            summaries[row] = f"{word!r:.40}, {what or 'and mostly empty cells'}"
        elif expected <= _CHANCE_OF_ROW:
            summaries[row] = what
            chances.append(expected)
    if np.prod(chances) > _CHANCE and chances:
        return {row: words for row, words in summaries.items() if words[0] == "'"}
    return summaries


def _odd_cells(
    table: pa.Table, number_places: Sequence[int], missing: Collection[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The number of odd cells in each row, empty ones and words among numbers; and their share."""
    odd = np.zeros(table.num_rows, np.int64)
    n_usual = 0
    for places, texts in joined(dict(enumerate(table.columns))):
        lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy()
        is_empty = lengths.reshape(len(places), -1) == 0
        is_empty = is_empty[is_empty.mean(axis=1) <= 1 - USUALLY_FILLED]
        odd += is_empty.sum(axis=0)
        n_usual += len(is_empty)
    for places, texts in joined({place: table.column(place) for place in number_places}):
        if _are_plain(texts):
            continue
        for place in places:
            odd += _words_in(table.column(place), missing)
    return odd, odd / max(1, n_usual)


def _are_plain(texts: pa.Array) -> bool:
    try:
        pc.if_else(pc.equal(texts, ""), None, texts).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True


def _words_in(column: pa.ChunkedArray, missing: Collection[str]) -> np.ndarray:
    """True for each word in a column of numbers; where words are frequent, they are values."""
    known = pc.is_in(pc.utf8_trim_whitespace(column), pa.array([*missing], pa.string()))
    is_value = pc.or_(pc.match_substring_regex(column, _STARTS_LIKE_A_VALUE), known)
    is_word: np.ndarray = pc.invert(pc.fill_null(is_value, True)).to_numpy()
    return is_word if is_word.mean() <= 1 - USUALLY_FILLED else np.zeros_like(is_word)


def _may_be_sum(table: pa.Table, place: int, row: int) -> bool:
    """A quick look at one column, as most tables have no odd rows at all."""
    ordinary = np.arange(table.num_rows) < row
    chance, _ = _coincidence([_numbers(table, place, ordinary)], row, [])
    return chance * _PENALTY <= _CHANCE_OF_ROW


def _numbers(table: pa.Table, place: int, ordinary: np.ndarray) -> _Numbers:
    texts = pc.utf8_trim_whitespace(table.column(place).combine_chunks())
    parsed = _parsed(texts)
    values = parsed.to_numpy(zero_copy_only=False).astype(np.float64)
    values[~(np.abs(values) < _LARGEST)] = np.nan
    present = ~np.isnan(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(present, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(present)])
    usual = values[ordinary & present]
    spread, most = (float(usual.std()), float(np.abs(usual).max())) if len(usual) else (0.0, 0.0)
    return _Numbers(table.column_names[place].strip(), values, sums, counts, spread, most)


def _parsed(texts: pa.Array) -> pa.Array:
    """The numbers in the form of the cells that begin like one."""
    valued = where(pc.match_substring_regex(texts, r"^\W*\d"), texts)
    plain = usual_form(None).parse(valued)
    if not pc.any(unparsed(plain, valued)).as_py():
        return plain
    unit = unit_of(valued)
    bare = without_unit(valued, unit) if unit else valued
    forms: list[NumberForm] = number_forms(bare, None)
    return forms[-1].parse(bare) if forms else plain


def _word(table: pa.Table, row: int) -> str:
    cells = ((column[row].as_py() or "").strip() for column in table.columns)
    filled = [cell for cell in cells if cell]
    return next((c for c in filled[:3] if len(c) <= _LONGEST_WORD and _WORD.fullmatch(c)), "")


def _coincidence(columns: Sequence[_Numbers], row: int, found: Sequence[int]) -> tuple[float, str]:
    """The probability that all numbers of an ordinary row equal sums or means by chance, and the words for it."""
    best, words = 1.0, ""
    start = found[-1] + 1 if found else 0
    blocks = [(0, row, list(found)), (start, row, [])] if found else [(0, row, [])]
    if row == 0:
        blocks = [(1, len(columns[0].values), [])]
    for first, end, without in blocks:
        chance, matches = 1.0, []
        for column in columns:
            value = column.values[row]
            if np.isnan(value):
                continue
            one, what = _one_coincidence(column, value, first, end, without)
            chance *= one
            if not what:
                chance = 1.0
                break
            matches.append(f"{what} in {column.name!r}")
        if matches and 4 * chance < best:
            side = "below" if row == 0 else "above"
            best, words = 4 * chance, f"{' and '.join(matches[:2])} of the rows {side}"
    return best, words


def _one_coincidence(
    column: _Numbers, value: float, first: int, end: int, without: Sequence[int]
) -> tuple[float, str]:
    left_out = column.values[list(without)]
    n = column.counts[end] - column.counts[first] - np.isfinite(left_out).sum()
    if n < LEAST_ROWS:
        return 1.0, ""
    total = column.sums[end] - column.sums[first] - np.nansum(left_out)
    unit = _unit(value)
    rounding = 1e-9 * abs(total) + unit * (0.51 if unit == 1.0 else 0.51 + 0.3 * n**0.5)
    if abs(value - total) <= rounding:
        beyond = abs(total) - column.most
        if beyond > 0:
            # A new greatest value is rare, and any value between the old one and it is as likely.
            return min(1.0, 2 * rounding / beyond) / n, "the sum"
        return min(1.0, 2 * rounding / (column.spread or rounding)), "the sum"
    if abs(value - total / n) <= 0.51 * unit and column.spread:
        return min(1.0, unit / column.spread), "the mean"
    return 1.0, ""


def _unit(value: float) -> float:
    """The value of the last digit of a number's shortest text."""
    decimals = len(repr(value).partition(".")[2]) if "e" not in repr(value) and value % 1 else 0
    return float(10.0**-decimals)

from __future__ import annotations

import unicodedata
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable.table.kinds import pieces
from netable.table.kinds.pieces import learn_pieces, most_pieces, pieces_as_places


def texts(*values: str) -> pa.Array:
    return pa.array(values, pa.string())


def found(known: tuple[str, ...], *values: str) -> list[list[str]]:
    places = pieces_as_places(texts(*values), known, pieces.MOST_OF_A_TEXT)
    return [[known[place] for place in row if place >= 0] for row in places]


def test_learn__words_of_two_texts__are_known_without_their_parts() -> None:
    assert learn_pieces(texts("Red wine!", "red BEER", "tea", "milk", "rum")) == ("<red>",)


def test_learn__part_of_different_words__is_known_once() -> None:
    known = learn_pieces(texts("walking", "talking", "a", "b", "c"))

    assert known == ("alkin", "king>", "lking")  # and not "kin", which is only within these


def test_learn__beginnings_of_codes__are_known() -> None:
    known = learn_pieces(texts("C85", "C123", "E46", "E101", "B5", "D6"))

    assert {"<c", "<e"} <= set(known)
    assert found(known, "C7", "X9") == [["<c"], []]


def test_learn__korean_words_with_other_endings__share_their_stem() -> None:
    known = learn_pieces(texts("훌륭하네요", "훌륭했습니다", "방", "물", "문"))

    assert "<훌륭" in known
    assert found(known, "아주 훌륭합니다") == [["<훌륭"]]


def test_learn__languages_without_blanks__share_runs_of_their_signs() -> None:
    known = learn_pieces(texts("今日は天気がいい", "明日も天気です", "雨", "雪", "犬"))

    assert "天気" in known


def test_learn__what_most_texts_have__is_left_out() -> None:
    assert learn_pieces(texts(*(f"the {word}" for word in ("aa", "aa", "bb", "cc")))) == ("<aa>",)


@pytest.mark.parametrize("values", [[], [""], ["", "?!"], ["one"], ["a", "b"]])
def test_learn__nothing_in_common__knows_nothing_and_has_a_width(values: list[str]) -> None:
    known = learn_pieces(texts(*values))

    assert known == ()
    assert most_pieces(texts(*values), known) == 1
    assert (pieces_as_places(texts(*values), known, 1) == -1).all()


def test_learn__other_forms_of_signs__are_the_same() -> None:
    known = learn_pieces(texts("Café x", "CAFÉ y", "u", "v"))

    assert known == ("<café>",)
    assert found(known, unicodedata.normalize("NFD", "café"), "ｃａｆé") == [["<café>"], ["<café>"]]


def test_learn__more_pieces_than_may_be_known__keeps_those_of_most_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "MOST_KNOWN", 2)
    values = [f"{'red ' * (i < 4)}{'old ' * (i < 3)}{'big ' * (i < 2)}x{i}" for i in range(9)]

    assert learn_pieces(texts(*values)) == ("<red>", "<old>")


def test_places__more_than_fit__are_the_first() -> None:
    known = ("<a>", "<b>", "<c>")

    assert pieces_as_places(texts("c b a", "c"), known, 2).tolist() == [[0, 1], [2, -1]]


def test_places__repeated_word__is_found_once() -> None:
    assert pieces_as_places(texts("a a a"), ("<a>",), 2).tolist() == [[0, -1]]


def test_places__text_beyond_the_longest__is_cut() -> None:
    end = "a " * (pieces.LONGEST_TEXT // 2) + "b"

    assert found(("<a>", "<b>"), end) == [["<a>"]]


@given(st.lists(st.text("abé가나 -", max_size=12), max_size=12))
def test_pieces__any_texts__are_those_of_a_plain_count(values: list[str]) -> None:
    distinct = sorted(set(values))
    known = learn_pieces(texts(*distinct))
    words = [set("".join(c if c.isalpha() else " " for c in text).split()) for text in distinct]
    counts = Counter(f"<{word}>" for of_text in words for word in of_text)
    whole = {word for word in known if word[0] == "<" and word[-1] == ">"}

    assert whole == {word for word, n in counts.items() if 2 <= n <= max(2, len(distinct) / 2)}
    assert learn_pieces(texts(*reversed(distinct))) == known
    for text, row in zip(distinct, found(known, *distinct), strict=True):
        assert whole.intersection(row) == {f"<{word}>" for word in words[distinct.index(text)]} & whole


def test_pieces__several_blocks__are_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    values = texts(*(" ".join(rng.choice(["red", "old", "big", "new", "tall"], 3)) for _ in range(50)))
    known, width = learn_pieces(values), most_pieces(values, learn_pieces(values))
    whole = pieces_as_places(values, known, width)

    monkeypatch.setattr(pieces, "_BLOCK", 7)

    assert learn_pieces(values) == known
    assert most_pieces(values, known) == width
    np.testing.assert_array_equal(pieces_as_places(values, known, width), whole)

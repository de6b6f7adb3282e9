from __future__ import annotations

import re
import string
from importlib.resources import files

import pytest

from netable.config.choices import EFFORTS, KINDS
from netable.doctor.verdict import SEVERITIES
from netable.ui.choices import LEAVE_OUT
from netable.ui.runs import BROKEN, FAILED, FINISHED, RUNNING, STOPPED
from netable.ui.side_by_side import _FACTS
from netable.ui.words import ENGLISH, Words, korean, language_of

STATES = (RUNNING, FINISHED, STOPPED, BROKEN, FAILED)
PLACE = files("netable.ui") / "templates"
CALLED = re.compile(r"""\bt\(\s*(?:"((?:[^"\\]|\\.)+)"|'((?:[^'\\]|\\.)+)')\s*[,)]""")
# Words that are values; those of metrics are the same in both languages.
VALUES = {*KINDS, LEAVE_OUT, *EFFORTS, *STATES, *SEVERITIES, *_FACTS, "input", "left out", "target", "weight"}
VALUES |= {
    "group",
    "time",
    *(f"about {effort}" for effort in EFFORTS),
    *(f"state: {state}" for state in STATES),
}


def spoken() -> set[str]:
    texts = [path.read_text("utf-8") for path in PLACE.iterdir() if path.name.endswith(".html")]
    return {one or other for text in texts for one, other in CALLED.findall(text)} | VALUES


def test_korean__every_word_of_the_templates__is_there_and_no_other():
    unused = korean().keys() - spoken()

    assert not spoken() - korean().keys()
    assert not unused


@pytest.mark.parametrize("english", sorted(korean()))
def test_korean__values_in_a_text__are_the_same(english):
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert fields(korean()[english]) == fields(ENGLISH.get(english, english))
    assert re.search("[가-힣]", korean()[english])


def test_words__language_that_nobody_knows__is_english():
    assert Words(language_of("fr-FR, *;q=0.5, ko;q=x"))("running") == "under way"


def test_page__browser_that_asks_for_korean__gets_it(page):
    answer = page.get("/", headers={"accept-language": "ko-KR,ko;q=0.9,en;q=0.8"})

    assert '<html lang="ko">' in answer.text
    assert "표로 학습하기" in answer.text

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from netable.learn import FILES, lesson_text, write_lessons
from netable.learn.lesson import LANGUAGES, Texts, texts
from netable.learn.write import LESSONS
from netable.pages.blocks import Interactive
from page_reader import Reader

each_lesson = pytest.mark.parametrize("name", LESSONS)


def placeholders(text: str) -> int:
    return len(re.findall(r"\{\d*\}", text))


@each_lesson
def test_texts__of_both_languages__have_the_same_parts(name: str) -> None:
    english, korean = texts(name, "en"), texts(name, "ko")

    for field in ("intro", "notice", "labels"):
        assert len(getattr(english, field)) == len(getattr(korean, field)) > 0
    assert placeholders(english.caption) == placeholders(korean.caption) > 0
    assert all(
        re.search("[가-힣]", text) for text in (korean.title, korean.figure, *korean.intro, *korean.notice)
    )


@each_lesson
def test_figure__frames__are_as_many_as_settings_of_the_controls(
    name: str, figure: Callable[[str], Interactive]
) -> None:
    block = figure(name)

    assert len(block.frames) == len(list(product(*(control.values for control in block.controls))))
    assert len({str(frame.caption) for frame in block.frames}) == len(block.frames)
    assert block.start < len(block.frames)


@each_lesson
def test_code__is_short_and_is_what_runs(name: str) -> None:
    code = LESSONS[name].code

    assert len(code.splitlines()) < 50
    assert "from netable" in code
    assert code.startswith('"""')


@pytest.mark.parametrize("file", ["neuron.html", "neuron.ko.html", "index.html", "index.ko.html"])
def test_lesson_text__page__is_valid_and_leads_nowhere_else(file: str) -> None:
    page = lesson_text(file)
    reader = Reader(page)

    _, language = FILES[file]
    assert reader.elements[0] == ("html", {"lang": language})
    links = [*reader.attributes("href"), *reader.attributes("src")]
    assert all(link.startswith(("#", "data:")) or link in FILES for link in links)
    assert "http" not in re.sub(r"http-equiv", "", page)
    ids = list(reader.attributes("id"))
    assert len(set(ids)) == len(ids)
    assert not list(reader.attributes("style"))


@pytest.mark.usefixtures("without_charts")
def test_write_lessons__every_file__is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[str, Texts]] = []

    def figure_of(name: str) -> Callable[[Texts], Interactive]:
        def figure(words: Texts) -> Interactive:
            drawn.append((name, words))
            return Interactive((), [], words.figure)

        return figure

    for name, lesson in LESSONS.items():
        monkeypatch.setitem(LESSONS, name, type(lesson)(name, figure_of(name)))

    write_lessons(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {*FILES}
    assert len(drawn) == len(LESSONS) * len(LANGUAGES)
    index = (tmp_path / "index.ko.html").read_text("utf-8")
    assert all(f'href="{name}.ko.html"' in index for name in LESSONS)


def test_lesson_text__same_page__is_the_same_bytes() -> None:
    assert lesson_text("neuron.html") == lesson_text("neuron.html")

"""Write the lessons as pages of a folder, with an index in each language."""

from __future__ import annotations

import os
from collections.abc import Sequence

from markupsafe import Markup

from netable.compute.threads import torch_threads
from netable.learn import activations, minibatches, neuron, optimizers, overfitting, vanishing
from netable.learn.lesson import LANGUAGES, Lesson, texts
from netable.pages.blocks import Page, Paragraph, Section
from netable.pages.page import page_text
from netable.pages.svg import drawing
from netable.system.files import write_atomically, write_folder

LESSONS = {
    lesson.name: lesson
    for lesson in (
        neuron.LESSON,
        activations.LESSON,
        optimizers.LESSON,
        vanishing.LESSON,
        minibatches.LESSON,
        overfitting.LESSON,
    )
}
_INDEX = {
    "en": (
        "How networks learn",
        "Six small experiments. Move a slider and see what changes; below each is the code that computed it.",
        "Lessons",
        "All lessons",
    ),
    "ko": (
        "신경망은 어떻게 배우는가",
        "작은 실험 여섯 가지입니다. 막대를 움직여 무엇이 달라지는지 보세요. 아래에는 그 결과를 계산한 코드가 있습니다.",
        "실험",
        "모든 실험",
    ),
}


def file_name(name: str, language: str) -> str:
    """The file of a lesson, or of the index, in a language.

    >>> file_name("neuron", "en"), file_name("neuron", "ko")
    ('neuron.html', 'neuron.ko.html')
    """
    return f"{name}.html" if language == "en" else f"{name}.{language}.html"


# Every page, and what is on it: the name of a lesson or "index", and a language.
FILES = {
    file_name(name, language): (name, language) for language in LANGUAGES for name in ("index", *LESSONS)
}


def write_lessons(folder: str | os.PathLike[str], names: Sequence[str] = tuple(FILES)) -> None:
    """Write pages into a folder: all of them, or none if one fails.

    Parameters
    ----------
    names : sequence of str
        Of `FILES`; all of them by default.

    Raises
    ------
    FileError
        If a file cannot be written, or the folder is something else.
    """
    with write_folder(folder, names) as new:
        for name in names:
            with write_atomically(new / name) as file:
                file.write(lesson_text(name).encode())


def lesson_text(name: str) -> str:
    """A page, a key of `FILES`, as HTML; it is computed anew, which takes a few seconds."""
    lesson, language = FILES[name]
    with torch_threads(1), drawing():  # for networks so small, several would only wait for each other
        page = _index(language) if lesson == "index" else _lesson(LESSONS[lesson], language)
        return page_text(page)


def _lesson(lesson: Lesson, language: str) -> Page:
    index = Markup('<a href="{}">{}</a>').format(file_name("index", language), _INDEX[language][-1])
    return lesson.page(language, Markup("{} · {}").format(index, _other_languages(lesson.name, language)))


def _index(language: str) -> Page:
    title, about, heading, _ = _INDEX[language]
    link = Markup('<a href="{}">{}</a>. {}')
    of_lessons = {name: texts(name, language) for name in LESSONS}
    lessons = [
        Paragraph(link.format(file_name(name, language), words.title, words.intro[0]))
        for name, words in of_lessons.items()
    ]
    section = Section(heading, lessons)
    return Page(title, _other_languages("index", language), [about], [section], language)


def _other_languages(name: str, language: str) -> Markup:
    """Links to the same page in the other languages."""
    link = Markup('<a href="{}" lang="{}">{}</a>')
    others = (
        link.format(file_name(name, other), other, shown)
        for other, shown in LANGUAGES.items()
        if other != language
    )
    return Markup(" · ").join(others)

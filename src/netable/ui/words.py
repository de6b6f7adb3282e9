"""The words of the page: English, and Korean for readers whose browser asks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Words:
    """Words in a language; a call gives those that say the same as the English ones.

    Attributes
    ----------
    language : {"en", "ko"}
    """

    language: str = "en"

    def __call__(self, english: str, /, **values: object) -> str:
        """A text with values in its places."""
        text = (korean() if self.language == "ko" else ENGLISH).get(english, english)
        return text.format(**values) if values else text


# Of what stands for a longer text.
ENGLISH = {
    "about fast": "a first look, in seconds",
    "about standard": "a good model",
    "about best": "searches; takes many times as long",
    "running": "under way",
    "broken": "broken off",
    "state: running": "Training is under way.",
    "state: finished": "Training is complete.",
    "state: stopped": "Training was stopped; the model is what had been learned by then, and training can go on.",
    "state: broken": "Training was broken off before there was a model; what was learned is saved, and it can go on.",
    "state: failed": "Training has ended without a model.",
    "fit_seconds": "seconds of training",
    "members": "networks",
    "valid": "on rows it has not seen",
}


@cache
def korean() -> Mapping[str, str]:
    """The Korean words by the English ones."""
    words: dict[str, str] = json.loads((files(__package__) / "templates" / "korean.json").read_text("utf-8"))
    return words


def language_of(accepted: str) -> str:
    """The language to use for an Accept-Language header.

    >>> language_of("ko-KR,ko;q=0.9,en-US;q=0.8"), language_of("en;q=0.5, ko;q=0.1"), language_of("")
    ('ko', 'en', 'en')
    """
    wishes = {"en": 0.0, "ko": 0.0}
    for part in accepted.split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in wishes:
            wishes[language] = max(wishes[language], _weight(weight))
    return "ko" if wishes["ko"] > wishes["en"] else "en"


def _weight(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0

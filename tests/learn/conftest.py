"""Lessons without their charts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from netable.compute.threads import torch_threads
from netable.learn.lesson import texts
from netable.learn.write import LESSONS
from netable.pages.blocks import Interactive
from netable.pages.svg import drawing


@pytest.fixture(scope="session")
def figure() -> Callable[[str], Interactive]:
    """The figure of a lesson in English, computed once."""
    known: dict[str, Interactive] = {}

    def of(name: str) -> Interactive:
        if name not in known:
            with torch_threads(1), drawing():
                known[name] = LESSONS[name].figure(texts(name, "en"))
        return known[name]

    return of

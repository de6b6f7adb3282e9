"""The pages on how networks learn, each computed when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from netable.learn import FILES, lesson_text
from netable.ui.pages import OWN_POLICY, drawn_alone, words_for


def gets() -> dict[str, Callable[[Request], Response]]:
    """Pages by their addresses."""
    return {"/learn": _start, "/learn/{file}": _lesson}


def _start(request: Request) -> Response:
    index = "index.ko.html" if words_for(request).language == "ko" else "index.html"
    return RedirectResponse(f"/learn/{index}", HTTPStatus.SEE_OTHER)


def _lesson(request: Request) -> Response:
    file = request.path_params["file"]
    if file not in FILES:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    with drawn_alone:
        return HTMLResponse(_text(file), headers=OWN_POLICY)


@cache
def _text(file: str) -> str:
    return lesson_text(file)

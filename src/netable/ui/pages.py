"""Templates filled for a request, in the language of its reader."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from netable.config.typed import as_options
from netable.pages.page import shown
from netable.system.wording import clock, listed, percent
from netable.ui.words import Words, language_of

if TYPE_CHECKING:
    from netable.ui.runs import Run

# For a whole page of ours that is shown within another: it brings its own policy, and is a stranger to this server.
SANDBOX = {"content-security-policy": "sandbox allow-scripts; frame-ancestors 'self'"}


# Charts are drawn with settings that all threads share.
drawn_alone = Lock()
# For a page of ours that brings its own policy, and has links to others.
OWN_POLICY = {"content-security-policy": "frame-ancestors 'none'"}


def words_for(request: Request) -> Words:
    """The words for the reader of a request."""
    return Words(language_of(request.headers.get("accept-language", "")))


def page(request: Request, template: str, status: int = HTTPStatus.OK, **values: Any) -> Response:
    """A page, or a part of one, of a template."""
    words = words_for(request)
    text = _environment().get_template(template).render(t=words, lang=words.language, **values)
    return HTMLResponse(text, status)


def problem(request: Request, text: str, status: int = HTTPStatus.BAD_REQUEST) -> Response:
    """A page that says in one line what is wrong."""
    return page(request, "problem.html", status, text=" ".join(text.split()))


def address(run: Run) -> str:
    """The address of a run."""
    return f"/runs/{quote(run.name, safe='')}"


@cache
def style() -> str:
    """The style of all pages: that of reports, and what forms need."""
    parts = files("netable.pages") / "templates" / "style.css", files(__package__) / "static" / "ui.css"
    return "".join(part.read_text("utf-8") for part in parts)


@cache
def script() -> str:
    """The script of all pages."""
    return (files(__package__) / "static" / "ui.js").read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "shown": shown,
        "percent": percent,
        "clock": clock,
        "options": as_options,
        "names": lambda names: names if isinstance(names, str) else listed([*map(str, names)]),
    }
    environment.globals["address"] = address
    return environment

"""The addresses of the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from netable.deploy.server.limits import Refused
from netable.errors import UserError, memory_errors
from netable.ui import learn_pages
from netable.ui.access import Access
from netable.ui.looking import Looks
from netable.ui.pages import problem, script, style
from netable.ui.run_pages import RunPages
from netable.ui.runs import Runs
from netable.ui.table_pages import TablePages
from netable.ui.tokens import Tokens
from netable.ui.uploads import form_of
from netable.ui.workspace import Workspace

# A page that needs nothing but the request, or also the form that was sent.
Get = Callable[[Request], Response]
Post = Callable[[Request, Mapping[str, Any]], Response]
Handler = Callable[[Request], Awaitable[Response]]


def make_app(workspace: Workspace, port: int, tokens: Tokens, say: Callable[[str], None]) -> Access:
    """The application for a workspace, to be reached at a port of this machine.

    Parameters
    ----------
    say : callable
        Called with a line about a mistake of ours.
    """
    runs, looks = Runs(workspace), Looks()
    of_tables, of_runs = TablePages(workspace, runs, looks), RunPages(workspace, runs)
    gets: dict[str, Get] = {
        "/": of_tables.home,
        "/static/ui.css": lambda _: Response(style(), media_type="text/css"),
        "/static/ui.js": lambda _: Response(script(), media_type="text/javascript"),
        **of_tables.gets(),
        **of_runs.gets(),
        **learn_pages.gets(),
    }
    posts: dict[str, Post] = {**of_tables.posts(), **of_runs.posts()}
    sent: dict[str, Handler] = {**of_tables.uploads(), **of_runs.uploads()}
    routes = [
        *(Route(path, _handled(say, _reading(get)), methods=["GET"]) for path, get in gets.items()),
        *(Route(path, _handled(say, _posting(post)), methods=["POST"]) for path, post in posts.items()),
        *(Route(path, _handled(say, receive), methods=["POST"]) for path, receive in sent.items()),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _not_there})
    return Access(app, port, tokens)


def _reading(get: Get) -> Handler:
    async def handle(request: Request) -> Response:
        return await run_in_threadpool(get, request)

    return handle


def _posting(post: Post) -> Handler:
    async def handle(request: Request) -> Response:
        async with form_of(request) as form:
            return await run_in_threadpool(post, request, form)

    return handle


def _handled(say: Callable[[str], None], handler: Handler) -> Handler:
    """The handler with errors as pages of one line."""

    async def handle(request: Request) -> Response:
        try:
            with memory_errors():
                return await handler(request)
        except Refused as refusal:
            return problem(request, str(refusal), refusal.status)
        except UserError as error:
            return problem(request, str(error))
        except (ClientDisconnect, HTTPException):
            raise
        except Exception as error:
            say(f"our mistake in {request.url.path}: {type(error).__name__}: {error}")
            text = "netable made a mistake; the terminal with netable ui says more."
            return problem(request, text, HTTPStatus.INTERNAL_SERVER_ERROR)

    return handle


async def _not_there(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
    text = "There is nothing here." if status == HTTPStatus.NOT_FOUND else "This address does not take that."
    return problem(request, text, status)

"""The routes of a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from time import perf_counter
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from netable.deploy.server import v2
from netable.deploy.server.access import check_token
from netable.deploy.server.answering import Request, Unexplained, answer_requests, explain
from netable.deploy.server.batching import Batcher
from netable.deploy.server.limits import Limits, Refused, read_body, too_busy
from netable.deploy.server.metrics import CONTENT_TYPE, Metrics
from netable.deploy.server.mlflow import MLFLOW
from netable.deploy.server.openapi import document
from netable.deploy.server.page import page
from netable.deploy.server.plain import PLAIN
from netable.deploy.server.questions import Dialect, Served
from netable.deploy.server.shelf import Shelf
from netable.errors import UserError, did_you_mean

VERSION = version("netable")
# Seconds between two looks at the files of models.
REFRESH = 1.0
# Requests of a batch: more would keep the first of them waiting without being read much faster.
TOGETHER = 32
Handler = Callable[[HttpRequest], Awaitable[Response]]


class Service:
    """Handlers of requests, each a route's.

    Parameters
    ----------
    shelf : Shelf
    token : str
        What clients must show; empty for nothing.
    limits : Limits
    say : callable
        Called with a line about a mistake of ours.
    """

    def __init__(self, shelf: Shelf, token: str, limits: Limits, say: Callable[[str], None]) -> None:
        self._shelf, self._token, self._limits, self._say = shelf, token, limits, say
        self._metrics = Metrics()
        self._queues: dict[str, Batcher[Request, bytes | Unexplained]] = {}
        # A queue of its own, so that predictions do not wait for contributions.
        self._explanations: Batcher[Unexplained, bytes] = Batcher(
            explain, most_waiting=limits.unexplained, most_together=1
        )
        self._received = 0

    def app(self) -> Starlette:
        """The ASGI application; while it runs, files of models are looked at each second."""
        return Starlette(
            routes=[*self._open(), *self._closed()],
            lifespan=self._lifespan,
            exception_handlers={404: self._not_found, 405: self._not_allowed},
        )

    def _open(self) -> list[Route]:
        """Routes that tell nothing of a model, and so need no token."""
        handlers: dict[str, Handler] = {
            "/": self._page,
            "/ping": self._ping,
            "/v2": self._server,
            "/v2/health/live": self._live,
            "/v2/health/ready": self._ready,
        }
        return [Route(path, self._handled(path, handler)) for path, handler in handlers.items()]

    def _closed(self) -> list[Route]:
        get: dict[str, Handler] = {
            "/metrics": self._prometheus,
            "/openapi.json": self._openapi,
            "/v2/models/{name}": self._model,
            "/v2/models/{name}/ready": self._model_ready,
        }
        post: dict[str, Dialect] = {"/v2/models/{name}/infer": v2.V2}
        for prefix in ("", "/models/{name}"):
            post |= {f"{prefix}/predict": PLAIN, f"{prefix}/invocations": MLFLOW}
        asked = {path: partial(self._answer, dialect) for path, dialect in post.items()}
        return [
            *(Route(path, self._handled(path, handler, closed=True)) for path, handler in get.items()),
            *(
                Route(path, self._handled(path, ask, closed=True), methods=["POST"])
                for path, ask in asked.items()
            ),
        ]

    def _handled(self, route: str, handler: Handler, *, closed: bool = False) -> Handler:
        """The handler with the token checked, errors as answers, and requests counted."""

        async def handle(request: HttpRequest) -> Response:
            began = perf_counter()
            try:
                if closed and self._token:
                    check_token(request.headers.get("authorization"), self._token)
                response = await handler(request)
            except Refused as refusal:
                response = _error(refusal.status, str(refusal), refusal.headers)
            except UserError as error:
                response = _error(HTTPStatus.BAD_REQUEST, str(error))
            except ClientDisconnect:
                response = _error(HTTPStatus.BAD_REQUEST, "The client is gone.")
            except Exception as error:
                self._say(f"our mistake in {route}: {type(error).__name__}: {error}")
                response = _error(
                    HTTPStatus.INTERNAL_SERVER_ERROR, "The server made a mistake; its log says more."
                )
            self._metrics.count(route, response.status_code, perf_counter() - began)
            return response

        return handle

    async def _answer(self, dialect: Dialect, request: HttpRequest) -> Response:
        served = self._served(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            text = "The body must be JSON; send the header Content-Type: application/json."
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text, connection="close")
        if self._received >= self._limits.requests:
            raise too_busy()
        self._received += 1
        try:
            body = await read_body(request.stream(), request.headers.get("content-length"), self._limits)
            answer = await self._queue(served.name).submit(Request(dialect, body))
            if isinstance(answer, Unexplained):
                answer = await self._explanations.submit(answer)
        finally:
            self._received -= 1
        return Response(answer, media_type="application/json")

    def _queue(self, name: str) -> Batcher[Request, bytes | Unexplained]:
        if name not in self._queues:
            # The model is looked up for each batch, which may be a newer one than for the batch before.
            self._queues[name] = Batcher(
                lambda requests: answer_requests(self._shelf[name], self._limits, requests),
                most_waiting=self._limits.waiting,
                most_together=TOGETHER,
            )
        return self._queues[name]

    def _served(self, request: HttpRequest) -> Served:
        name = request.path_params.get("name")
        if name is None:
            if len(self._shelf) == 1:
                return next(iter(self._shelf.values()))
            text = f"There are several models; use /models/NAME/…. {did_you_mean('', list(self._shelf))}"
            raise Refused(HTTPStatus.NOT_FOUND, text)
        if name not in self._shelf:
            raise Refused(
                HTTPStatus.NOT_FOUND, f"There is no model {name!r}. {did_you_mean(name, list(self._shelf))}"
            )
        return self._shelf[name]

    async def _page(self, request: HttpRequest) -> Response:
        text, policy = page()
        headers = {"content-security-policy": policy, "x-content-type-options": "nosniff"}
        return HTMLResponse(text, headers=headers | {"referrer-policy": "no-referrer"})

    async def _ping(self, request: HttpRequest) -> Response:
        return PlainTextResponse("\n")

    async def _server(self, request: HttpRequest) -> Response:
        return _json(v2.server_metadata(VERSION))

    async def _live(self, request: HttpRequest) -> Response:
        return _json({"live": True})

    async def _ready(self, request: HttpRequest) -> Response:
        return _json({"ready": True})

    async def _model(self, request: HttpRequest) -> Response:
        return _json(v2.model_metadata(self._served(request)))

    async def _model_ready(self, request: HttpRequest) -> Response:
        return _json({"name": self._served(request).name, "ready": True})

    async def _openapi(self, request: HttpRequest) -> Response:
        models = dict(self._shelf)
        return _json(document(models, self._limits, VERSION, needs_token=bool(self._token)))

    async def _prometheus(self, request: HttpRequest) -> Response:
        waiting = self._explanations.waiting + sum(queue.waiting for queue in self._queues.values())
        gauges = [
            ("netable_waiting", "gauge", "Requests in the queues.", waiting),
            ("netable_models", "gauge", "Models served.", len(self._shelf)),
            ("netable_reloads_total", "counter", "Files read again.", self._shelf.reloads),
            (
                "netable_failed_reloads_total",
                "counter",
                "Files that could not be read again.",
                self._shelf.failures,
            ),
        ]
        return Response(self._metrics.text(gauges), media_type=CONTENT_TYPE)

    async def _not_found(self, request: HttpRequest, error: Exception) -> Response:
        return _error(HTTPStatus.NOT_FOUND, "There is nothing here; /openapi.json lists what there is.")

    async def _not_allowed(self, request: HttpRequest, error: Exception) -> Response:
        headers = getattr(error, "headers", None) or {}
        text = f"{request.method} is not for this address; use {headers.get('Allow', 'another method')}."
        return _error(HTTPStatus.METHOD_NOT_ALLOWED, text, headers)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(REFRESH)
            try:
                await asyncio.to_thread(self._shelf.refresh)
            except Exception as error:
                self._say(f"the models could not be looked at: {type(error).__name__}: {error}")


def _json(value: Any, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return Response(text, status, headers, media_type="application/json")


def _error(status: int, text: str, headers: Any = None) -> Response:
    return _json({"error": " ".join(text.split())}, status, dict(headers or {}))

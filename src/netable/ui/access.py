"""Who may ask: a browser of this machine that was given the token, and pages of this server alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netable.deploy.server.limits import HOST, Refused
from netable.ui.pages import problem
from netable.ui.tokens import Tokens

_READS = ("GET", "HEAD")
HEADERS = {
    "content-security-policy": "; ".join(
        [
            "default-src 'none'",
            *(
                f"{what} 'self'"
                for what in ("style-src", "script-src", "connect-src", "frame-src", "form-action")
            ),
            "img-src data:",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    ),
    "x-content-type-options": "nosniff",
    # Without a referrer, browsers name no origin with forms either.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Access:
    """An application behind a token, as ASGI middleware.

    An address with the token gives the browser a cookie, which later requests must show. A page of another site cannot
    send it (SameSite), a name that was bound to this machine later is refused by its Host header (DNS rebinding), and
    what changes something must come from a page of this server by its Origin header.

    Parameters
    ----------
    app : ASGI application
    port : int
        At which it is reached.
    tokens : Tokens
    """

    def __init__(self, app: ASGIApp, port: int, tokens: Tokens) -> None:
        self._app, self._tokens = app, tokens
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self._cookie = f"netable-{port}"  # cookies are those of all ports of a host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        answer: Any = self._app
        try:
            answer = self._let_in(request) or self._app
        except Refused as refusal:
            answer = problem(request, str(refusal), refusal.status)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await answer(scope, receive, send_with_headers)

    def _let_in(self, request: Request) -> Response | None:
        """A redirection with the cookie for one who shows the token, None for one who has the cookie.

        Raises
        ------
        Refused
            With status 403, for anybody else.
        """
        host = request.headers.get("host", "")
        if host not in self._hosts:
            raise _refused(
                f"This page is at {sorted(self._hosts)[0]} alone; it was asked for under another name."
            )
        if request.method not in _READS and request.headers.get("origin") != f"http://{host}":
            raise _refused("This was sent by another page than netable's.")
        shown = request.query_params.get("token") if request.url.path == "/" else None
        if shown is not None and self._tokens.let_in(shown):
            answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
            answer.set_cookie(self._cookie, self._tokens.session, httponly=True, samesite="strict")
            return answer
        if shown is not None or not self._tokens.knows(request.cookies.get(self._cookie, "")):
            raise _refused("This page needs its token: open the address that netable ui has printed.")
        return None


def _refused(text: str) -> Refused:
    return Refused(HTTPStatus.FORBIDDEN, text)

"""Secrets of a page: those that let a browser in, and the one by which it is known from then on."""

from __future__ import annotations

import hmac
import secrets

_BYTES = 32


class Tokens:
    """Secrets that are made anew with each start.

    Attributes
    ----------
    token : str
        Lets any number of browsers in.
    session : str
        The cookie of those that were let in.
    """

    def __init__(self) -> None:
        self.token, self.session = secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES)
        self._once: set[str] = set()

    def for_once(self) -> str:
        """A token that lets one browser in: the command that opens it can be read by all users of the machine."""
        token = secrets.token_urlsafe(_BYTES)
        self._once.add(token)
        return token

    def let_in(self, shown: str) -> bool:
        """True for a token that lets a browser in."""
        if shown in self._once:
            self._once.remove(shown)
            return True
        return _same(shown, self.token)

    def knows(self, cookie: str) -> bool:
        """True for the cookie of a browser that was let in."""
        return _same(cookie, self.session)


def _same(shown: str, expected: str) -> bool:
    """True for equal texts, in a time that does not depend on where they differ."""
    return hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), expected.encode())

"""The content security policy of a page."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256


def policy(style: str, script: str, *more: str) -> str:
    """Only this style, this script, images within the page, and what further directives allow."""
    hashes = (b64encode(sha256(text.encode()).digest()).decode() for text in (style, script))
    return "; ".join(
        [
            "default-src 'none'",
            *("{}-src 'sha256-{}'".format(*pair) for pair in zip(("style", "script"), hashes, strict=True)),
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            *more,
        ]
    )

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from netable.deploy.server.page import page
from serving import client, golden


class Reader(HTMLParser):
    """The tags of a page, and the texts of its style and its script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.tags[-1][0] if self.tags else "", data)


def test_page__policy__allows_its_style_and_script_and_its_own_server_only() -> None:
    text, policy = page()
    reader = Reader()
    reader.feed(text)
    hashes = {
        tag: b64encode(sha256(reader.texts[tag].encode()).digest()).decode() for tag in ("style", "script")
    }

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "img-src data:; base-uri 'none'; form-action 'none'; connect-src 'self'; frame-ancestors 'none'"
    )


def test_page__content__loads_nothing_from_elsewhere() -> None:
    text, _ = page()
    reader = Reader()
    reader.feed(text)

    assert not re.search(r"https?:|//[a-z]|url\(|@import", text)
    assert not any("style" in attributes or "src" in attributes for _, attributes in reader.tags)
    assert {attributes.get("href") for _, attributes in reader.tags} == {None, "data:,", "openapi.json"}
    assert "innerHTML" not in text


def test_page__labels__are_those_of_its_inputs() -> None:
    reader = Reader()
    reader.feed(page()[0])
    ids = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}

    assert {attributes["for"] for tag, attributes in reader.tags if tag == "label"} <= ids


def test_page__answer__has_the_policy_as_a_header() -> None:
    with client(golden("binary"), token="abc") as http:
        told = http.get("/")

    assert told.status_code == 200
    assert told.text == page()[0]
    assert told.headers["content-security-policy"] == page()[1]
    assert told.headers["x-content-type-options"] == "nosniff"
    assert told.headers["content-type"] == "text/html; charset=utf-8"

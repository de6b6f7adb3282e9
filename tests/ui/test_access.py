from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from netable.ui.access import Access
from netable.ui.app import make_app
from netable.ui.tokens import Tokens
from ui_pages import HOST, PORT


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def app(workspace, tokens) -> Access:
    return make_app(workspace, PORT, tokens, pytest.fail)


@pytest.fixture
def stranger(app) -> TestClient:
    return TestClient(app, base_url=f"http://{HOST}", headers={"origin": f"http://{HOST}"})


@pytest.mark.parametrize(
    "address", ["/", "/?token=", "/?token=wrong", "/runs/a", "/static/ui.js", "/nothing"]
)
def test_access__no_or_wrong_token__is_forbidden_in_one_line(stranger, address):
    answer = stranger.get(address)

    assert answer.status_code == 403
    assert "open the address that netable ui has printed" in answer.text
    assert "set-cookie" not in answer.headers


def test_access__token__becomes_a_cookie_that_only_this_server_gets(tokens, app, stranger):
    answer = stranger.get(f"/?token={tokens.token}", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert tokens.token not in answer.headers["set-cookie"]
    assert stranger.get("/").status_code == 200


def test_access__token_for_once__lets_one_in(tokens, app, stranger):
    token = tokens.for_once()

    assert stranger.get(f"/?token={token}").status_code == 200
    assert TestClient(app, base_url=f"http://{HOST}").get(f"/?token={token}").status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", ""]
)
def test_access__another_host__is_forbidden_even_with_the_cookie(page, host):
    answer = page.get("/", headers={"host": host})

    assert answer.status_code == 403
    assert "under another name" in answer.text


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", f"https://{HOST}", "http://127.0.0.1:1", ""]
)
def test_access__post_of_another_page__is_forbidden_even_with_the_cookie(page, origin):
    answer = page.post("/tables", headers={"origin": origin})
    without = page.post("/tables", headers={"origin": ""})

    assert answer.status_code == without.status_code == 403
    assert "another page" in answer.text


@pytest.mark.parametrize("address", ["/", "/nothing", "/static/ui.js"])
def test_access__every_answer__allows_this_server_alone_and_is_not_kept(page, address):
    headers = page.get(address).headers

    policy = headers["content-security-policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert all(one.split(" ", 1)[1] in ("'self'", "'none'", "data:") for one in policy)
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"

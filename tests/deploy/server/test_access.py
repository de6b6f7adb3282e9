from __future__ import annotations

from pathlib import Path

import pytest

from netable.deploy.server.access import VARIABLE, check_token, read_token
from netable.deploy.server.limits import Refused
from netable.errors import ConfigError, FileError
from serving import client, golden, row_of

TOKEN = "0123456789abcdef"
NAME = "binary"
CLOSED = ["/metrics", "/openapi.json", f"/v2/models/{NAME}", f"/v2/models/{NAME}/ready"]
OPEN = ["/", "/ping", "/v2", "/v2/health/live", "/v2/health/ready"]


@pytest.mark.bad_input(107)
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer other", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"]
)
def test_token__missing_or_wrong__is_refused(header: str | None) -> None:
    with pytest.raises(Refused) as caught:
        check_token(header, TOKEN)

    assert caught.value.status == 401
    assert caught.value.headers == {"www-authenticate": "Bearer"}


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer  {TOKEN} "])
def test_token__right_one__is_accepted(header: str) -> None:
    check_token(header, TOKEN)


def test_service__with_a_token__tells_nothing_of_a_model_without_it() -> None:
    shown = {"authorization": f"Bearer {TOKEN}"}
    with client(golden(NAME), token=TOKEN) as http:
        assert [http.get(path).status_code for path in OPEN] == [200] * len(OPEN)
        assert [http.get(path).status_code for path in CLOSED] == [401] * len(CLOSED)
        assert [http.get(path, headers=shown).status_code for path in CLOSED] == [200] * len(CLOSED)
        for path in ("/predict", "/invocations", f"/models/{NAME}/predict", "/models/other/predict"):
            refused = http.post(path, json={"rows": [row_of(NAME)]})
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"
        told = http.post("/predict", json={"rows": [row_of(NAME)]}, headers=shown)
        assert told.status_code == 200
        assert not any(row_of(NAME).keys() & set(http.get(path).text.split('"')) for path in OPEN)


def test_read_token__file__goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert read_token(None) == ""
    monkeypatch.setenv(VARIABLE, "from-the-environment")
    assert read_token(None) == "from-the-environment"
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    assert read_token(tmp_path / "token") == TOKEN


@pytest.mark.parametrize("content", [b"", b" \n", b"two words", "비밀".encode(), b"\xff"])
def test_read_token__unusable__is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)

    with pytest.raises(ConfigError, match=r"^The token in .* Make one with: openssl rand -hex 32$"):
        read_token(tmp_path / "token")


def test_read_token__no_such_file__is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nothing: No such file or directory\.$"):
        read_token(tmp_path / "nothing")


def test_read_token__empty_variable__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")

    with pytest.raises(ConfigError, match=r"^The token in NETABLE_TOKEN is empty"):
        read_token(None)

from __future__ import annotations

import signal
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from processes import SECONDS
from ui_pages import ui_process


@pytest.mark.posix
def test_ui__process__prints_its_address_and_ends_with_sigterm(tmp_path):
    with ui_process(tmp_path / "runs") as (started, address, token):
        with pytest.raises(HTTPError, match="403"):
            urlopen(address, timeout=SECONDS)
        with pytest.raises(
            HTTPError, match="403"
        ):  # this client keeps no cookies: the redirection is refused
            urlopen(f"{address}?token={token}", timeout=SECONDS)
        started.send_signal(signal.SIGTERM)
        assert started.wait(SECONDS) == 0
        assert started.stderr.read().splitlines()[-1] == "stopped"


def test_ui__without_its_libraries__names_the_extra(cli, monkeypatch):
    monkeypatch.setattr("netable.cli.ui.find_spec", lambda name: None if name == "python_multipart" else name)

    ended = cli("ui", "--no-browser")

    assert ended.code == 2
    assert ended.err == (
        "netable: The page needs python_multipart, not installed here. Try: pip install 'netable[ui]'\n"
    )


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_ui__port_that_does_not_exist__is_one_line(cli, port):
    ended = cli("ui", "--no-browser", f"--port={port}")

    assert ended.code == 2
    assert "The port must be from 0 to 65535" in ended.err

"""Services in processes of their own, over sockets."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from pathlib import Path
from shutil import copy
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from netable.cli.app import run
from netable.deploy.server.run import listen, serve
from netable.errors import ConfigError
from processes import SECONDS
from serving import golden, predicted, process, row_of, stop

NAME = "binary"
BODY = json.dumps({"rows": [row_of(NAME)]}).encode()
posix = pytest.mark.posix


def post(address: str, path: str = "/predict", body: bytes = BODY, **headers: str) -> tuple[int, bytes]:
    request = Request(f"{address}{path}", body, {"Content-Type": "application/json", **headers})
    try:
        with urlopen(request, timeout=SECONDS) as told:
            return told.status, told.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def connected(address: str) -> socket.socket:
    place = urlsplit(address)
    assert place.hostname
    assert place.port
    return socket.create_connection((place.hostname, place.port), timeout=SECONDS)


def received(connection: socket.socket) -> bytes:
    """All that comes until the end."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


@posix
def test_process__sigterm__answers_what_is_under_way_and_exits_with_0() -> None:
    with process(golden(NAME)) as (started, address):
        assert post(address)[0] == 200
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        with connected(address) as slow:
            slow.sendall(head % len(BODY) + BODY[:5])
            time.sleep(0.3)
            started.terminate()
            time.sleep(0.3)
            slow.sendall(BODY[5:])
            answer = received(slow)
        code, said = stop(started)

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"] == predicted(NAME, [row_of(NAME)])
    assert (code, said) == (0, "stopped\n")


@posix
def test_process__file_replaced_under_requests__loses_none(tmp_path: Path) -> None:
    path = Path(copy(golden(NAME), tmp_path / "a.netable"))
    row = row_of("binary_whole_numbers") | row_of(NAME)
    body = json.dumps({"rows": [row]}).encode()
    statuses: list[int] = []
    ended = threading.Event()

    def ask(address: str) -> None:
        while not ended.is_set():
            statuses.append(post(address, body=body)[0])

    with process(path) as (started, address):
        # Only the first model does not know the columns of the second.
        assert post(address, body=body)[0] == 400
        body = BODY
        clients = [threading.Thread(target=ask, args=(address,)) for _ in range(2)]
        for client in clients:
            client.start()
        other = tmp_path / "b"
        other.write_bytes(golden(NAME).read_bytes())
        os.replace(other, path)
        began = time.monotonic()
        while version(address) == "1" and time.monotonic() - began < SECONDS:
            time.sleep(0.1)
        ended.set()
        for client in clients:
            client.join(SECONDS)
        assert version(address) == "2"
        code, said = stop(started)

    assert set(statuses) == {200}
    assert (code, said) == (0, f"{path} was read again\nstopped\n")


def version(address: str) -> str:
    with urlopen(f"{address}/v2/models/a", timeout=SECONDS) as told:
        versions: list[str] = json.loads(told.read())["versions"]
    return versions[0]


@posix
@pytest.mark.slow
def test_process__many_clients_at_once__have_the_answer_of_one() -> None:
    rows = [row_of(NAME, size=size / 10) for size in range(-12, 12)]
    told: dict[int, bytes] = {}

    def ask(place: int) -> None:
        told[place] = post(address, body=json.dumps({"rows": [rows[place]]}).encode())[1]

    with process(golden(NAME)) as (started, address):
        clients = [threading.Thread(target=ask, args=(place,)) for place in range(len(rows))]
        for client in clients:
            client.start()
        for client in clients:
            client.join(SECONDS)
        assert stop(started)[0] == 0

    assert [json.loads(told[i])["predictions"][0] for i in range(len(rows))] == [
        predicted(NAME, [row])[0] for row in rows
    ]


def test_process__token__comes_from_the_environment() -> None:
    with process(golden(NAME), NETABLE_TOKEN="abc") as (_, address):
        assert post(address)[0] == 401
        assert post(address, Authorization="Bearer abc")[0] == 200


def test_process__public_address_without_a_token__says_so() -> None:
    with process(golden(NAME), "--host", "0.0.0.0", said=(said := [])):
        pass
    with process(golden(NAME), "--host", "0.0.0.0", said=(quiet := []), NETABLE_TOKEN="abc"):
        pass

    assert said[0] == (
        "note: no token is needed, and other machines reach 0.0.0.0. Set NETABLE_TOKEN, or listen at 127.0.0.1."
    )
    assert len(quiet) == 1


def test_serve__port_in_use__is_one_line_and_exit_code_2(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", str(golden(NAME)), "--port", str(port)]) == 2

    assert capfd.readouterr().err == (f"netable: Port {port} of 127.0.0.1 is in use. Choose another port.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing.netable"], "The model nothing.netable cannot be read: No such file or directory."),
        (["t.csv"], "t.csv "),
        (["."], ". has no model: no file in it ends with .netable. Name a folder that netable train wrote."),
        ([str(golden(NAME)), "--port", "70000"], "The port must be from 0 to 65535; got 70000."),
        ([str(golden(NAME)), "--host", "256.1.1.1"], "256.1.1.1, port 8000, cannot be listened to: "),
        ([str(golden(NAME)), "--token-file", "nothing"], "nothing: No such file or directory."),
        ([str(golden(NAME)), "--background", "nothing.csv"], "nothing.csv"),
    ],
)
def test_serve__what_cannot_be_used__is_one_line_and_exit_code_2(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")

    assert run(["serve", *arguments]) == 2
    said = capfd.readouterr().err
    assert says in said
    assert said.startswith("netable: ")
    assert said.count("\n") == 1


def test_listen__socket__names_tcp_so_that_answers_are_not_delayed() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP


def test_serve__address_of_another_machine__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^192\.0\.2\.1, port 8000, cannot be listened to: .+\.$"):
        serve(golden(NAME), host="192.0.2.1", say=print)

"""The advice of messages of a service."""

from __future__ import annotations

import asyncio
import socket
import threading
import warnings
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from advice import Case, advice, check_complete, follow
from netable.deploy.server import run
from netable.deploy.server.access import VARIABLE, read_token
from netable.deploy.server.batching import Batcher
from netable.deploy.server.shelf import Shelf
from netable.errors import UserError
from serving import ROWS, client, golden, model_of, row_of

MESSAGES = advice("deploy/server")
ROW = row_of("regression_blend")
SHORT = {name: cell for name, cell in ROW.items() if name != "size"}


def asking(
    body: Any,
    path: str = "/predict",
    method: str = "POST",
    names: tuple[str, ...] = ("regression_blend",),
    background: Path | None = None,
) -> None:
    """Ask a service, whose refusal is an error."""
    for name in names:
        copy(golden(name), ".")
    with client(Path(), background=background) as http:
        told = http.request(method, path, json=body)
    if told.status_code != 200:
        raise UserError(told.json()["error"])


def inferring(datatype: str) -> None:
    """Ask by the Open Inference Protocol; the column size is of a datatype."""
    inputs = [
        {
            "name": name,
            "datatype": "FP64" if isinstance(cell, float) else "BYTES",
            "shape": [1],
            "data": [cell],
        }
        for name, cell in ROW.items()
    ]
    inputs[list(ROW).index("size")]["datatype"] = datatype
    asking({"inputs": inputs}, "/v2/models/regression_blend/infer")


def queueing(when_served: bool = False) -> None:
    """Ask while another request waits, or after it."""
    let = threading.Event()

    def work(asked: Any) -> list[int | Exception]:
        assert let.wait(60)
        return [0] * len(asked)

    async def main() -> None:
        batcher: Batcher[int, int] = Batcher(work, most_waiting=1, most_together=1)
        first = asyncio.create_task(batcher.submit(0))
        await asyncio.sleep(0)
        if when_served:
            let.set()
            await first
        try:
            await batcher.submit(1)
        finally:
            let.set()

    asyncio.run(main())


def listening(host: str = "127.0.0.1", token: str | None = None, in_use: bool = False) -> None:
    """Start a service that ends at once, at a free port or one in use."""

    async def serve(*_: Any) -> None:
        pass

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.MonkeyPatch.context() as patch:
        port = taken.getsockname()[1] if in_use else 0
        patch.setattr(run.uvicorn.Server, "serve", serve)
        patch.delenv(VARIABLE, raising=False)
        if token:
            patch.setenv(VARIABLE, token)
        run.serve(golden("binary"), host=host, port=port, say=warnings.warn)


def loading(place: str = ".", background: str | None = "t.csv", has_export: bool = False) -> None:
    """Load the models of a folder or an export, with a table to compare with."""
    Path("run").mkdir()
    copy(golden("binary"), "run")
    Path("t.csv").write_text('size,comma,도시\n1,"0,5",a\n', encoding="utf-8")
    Path("empty.csv").write_text("size,comma,도시\n", encoding="utf-8")
    if has_export:
        model_of("binary").export("m.onnx")
    Shelf(Path(place), None if background is None else Path(background), print)


def with_token(text: str) -> None:
    """Read a token from a file."""
    Path("token").write_text(text, encoding="utf-8")
    read_token(Path("token"))


CASES = [
    Case("Make one with", with_token, {"text": "two words"}, [{"text": "9f86d081884c7d65"}]),
    Case(
        "There are several models",
        asking,
        {"body": {"rows": [ROW]}, "names": ("regression_blend", "binary")},
        [{"path": "/models/regression_blend/predict"}],
    ),
    Case("is not for this address", asking, {"body": {"rows": [ROW]}, "method": "PUT"}, [{"method": "POST"}]),
    Case(
        "lacks the column",
        asking,
        {"body": {"rows": [SHORT]}},
        [{"body": {"rows": [SHORT | {"size": None}]}}],
    ),
    Case("try again in a second", queueing, {}, [{"when_served": True}]),
    Case(
        "start it with a background",
        asking,
        {"body": {"rows": [ROW], "contributions": True}},
        [{"background": ROWS}],
    ),
    Case("listen at {}", listening, {"host": "0.0.0.0"}, [{"token": "abc"}, {"host": "127.0.0.1"}]),
    Case("Choose another port", listening, {"in_use": True}, [{"in_use": False}]),
    Case("Name a folder", loading, {}, [{"place": "run"}]),
    Case(
        "some to compare with",
        loading,
        {"place": "run", "background": "empty.csv"},
        [{"background": "t.csv"}],
    ),
    Case(
        "Leave the background out",
        loading,
        {"place": "m.onnx", "has_export": True},
        [{"background": None}, {"place": "run"}],
    ),
    Case("use one of {}", inferring, {"datatype": "FP65"}, [{"datatype": "FP64"}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

"""Slow clients of a server in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from netable.deploy.server.connection import connections

SECONDS = 0.5
LARGE = b"x" * (1 << 24)
Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


async def app(scope: Any, receive: Any, send: Any) -> None:
    body = LARGE if scope["path"] == "/large" else b"ok"
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def told_to(client: Client, *, seconds: float = SECONDS) -> bytes:
    """What a client gets of a server."""

    async def main() -> bytes:
        config = uvicorn.Config(
            app, http=connections(seconds), lifespan="off", log_config=None, port=0, ws="none"
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server._serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await asyncio.wait_for(client(reader, writer), 60)
        finally:
            writer.close()
            server.should_exit = True
            await serving

    return asyncio.run(main())


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
def test_connection__head_that_does_not_come__is_408_and_the_end(sent: bytes) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(sent)
        return await reader.read()

    assert told_to(client).startswith(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n")


def test_connection__head_that_trickles__is_408_and_the_end() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        reading = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))  # what is written later is reset
        for letter in b"GET / HTTP/1.1\r\nHost: " + b"x" * 1000:
            if reading.done():
                break
            writer.write(bytes([letter]))
            await asyncio.sleep(0.02)
        return await reading

    assert told_to(client).startswith(b"HTTP/1.1 408 ")


def test_connection__body_that_trickles_after_its_answer__is_the_end() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        reading = asyncio.create_task(reader.readuntil(b"HTTP/1.1 408 "))
        for _ in range(1000):
            if reading.done():
                break
            await asyncio.sleep(0.02)
            writer.write(b"x")
        return await reading

    assert b"HTTP/1.1 408 " in told_to(client)


def test_connection__second_request__has_its_own_time() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        told = b""
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            told += await reader.readuntil(b"ok")
            await asyncio.sleep(1.5 * SECONDS)
        writer.write(b"GET ")
        return told + await reader.read()

    told = told_to(client)
    assert told.count(b"HTTP/1.1 200 OK") == 3
    assert told.count(b"HTTP/1.1 408 ") == 1


def test_connection__answer_that_is_not_taken__is_cut_off() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(4 * SECONDS)
        try:
            return await reader.read()
        except ConnectionError:
            return b""

    assert len(told_to(client)) < len(LARGE)


def test_connection__answer_that_is_taken_in_time__is_complete() -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await asyncio.sleep(2 * SECONDS)
        return await reader.read()

    assert told_to(client, seconds=60).endswith(LARGE)

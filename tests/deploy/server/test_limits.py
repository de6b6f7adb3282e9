from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from netable.deploy.server.limits import Limits, Refused, read_body
from serving import ROWS, client, golden, row_of

NAME = "binary"
SMALL = Limits(body_bytes=100, seconds=0.05)


async def chunks(*parts: bytes, then_wait: bool = False) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    if then_wait:
        await asyncio.sleep(60)


@pytest.mark.parametrize("announced", [None, "100", "x"])
def test_body__of_the_largest_size__is_read(announced: str | None) -> None:
    body = asyncio.run(read_body(chunks(b"a" * 60, b"", b"b" * 40), announced, SMALL))

    assert body == b"a" * 60 + b"b" * 40


@pytest.mark.parametrize(
    ("announced", "parts"), [("101", []), ("9" * 5000, []), (None, [b"a" * 60, b"b" * 41])]
)
def test_body__too_large__is_refused_before_more_of_it_is_read(
    announced: str | None, parts: list[bytes]
) -> None:
    with pytest.raises(
        Refused, match=r"^The body is larger than 100 bytes; send fewer rows at once\.$"
    ) as caught:
        asyncio.run(read_body(chunks(*parts, then_wait=True), announced, SMALL))

    assert caught.value.status == 413
    assert caught.value.headers == {"connection": "close"}


def test_body__too_slow__is_refused() -> None:
    with pytest.raises(Refused, match=r"^The body did not arrive within 0\.05 seconds\.$") as caught:
        asyncio.run(read_body(chunks(b"a", then_wait=True), None, SMALL))

    assert caught.value.status == 408
    assert caught.value.headers == {"connection": "close"}


def test_service__body_beyond_the_limit__is_413() -> None:
    with client(golden(NAME), limits=Limits(body_bytes=1000)) as http:
        told = http.post("/predict", json={"rows": [row_of(NAME)] * 100})
        assert told.status_code == 413
        assert http.post("/predict", json={"rows": [row_of(NAME)]}).status_code == 200


def test_service__contributions_without_a_place__are_503_and_predictions_are_not() -> None:
    with client(golden(NAME), limits=Limits(unexplained=0), background=ROWS) as http:
        body = {"rows": [row_of(NAME)]}
        assert http.post("/predict", json=body | {"contributions": True}).status_code == 503
        assert http.post("/predict", json=body).status_code == 200


@pytest.mark.parametrize("limits", [Limits(waiting=0), Limits(requests=0)])
def test_service__without_a_place__is_503_with_a_time_to_come_back(limits: Limits) -> None:
    with client(golden(NAME), limits=limits) as http:
        told = http.post("/predict", json={"rows": [row_of(NAME)]})
        assert told.status_code == 503
        assert told.headers["retry-after"] == "1"
        assert told.json() == {"error": "Too many requests are waiting; try again in a second."}
        assert http.get("/v2/health/live").status_code == 200

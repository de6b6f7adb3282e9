"""Tables that a browser sends, within bounds."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import Message

from netable.deploy.server.limits import Refused
from netable.errors import DataError, in_gigabytes
from netable.ui.workspace import Uploads

MOST_BYTES = 4 << 30
# Of a form without a file.
FORM_BYTES, FORM_FIELDS = 4 << 20, 10_000


@asynccontextmanager
async def form_of(request: Request, most: int = FORM_BYTES) -> AsyncIterator[FormData]:
    """The form of a request, of bounded size, whose files are open within the block.

    Raises
    ------
    Refused
        If it is larger.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most:
        raise _too_large(most)
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > most:
            raise _too_large(most)
        return message

    bounded = Request(request.scope, receive)
    async with bounded.form(max_files=1, max_fields=FORM_FIELDS, max_part_size=FORM_BYTES) as form:
        yield form


async def receive_table(request: Request, uploads: Uploads, most: int = MOST_BYTES) -> str:
    """The key of a table that a form holds as `table`, which is kept among uploads.

    Raises
    ------
    Refused
        If it is too large.
    DataError
        If there is none, or an empty one.
    """
    async with form_of(request, most) as form:
        sent = form.get("table")
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise DataError("No file was chosen.")
        if not sent.size:
            raise DataError(f"{sent.filename} is empty.")
        return await run_in_threadpool(_keep, sent, uploads)


def _keep(sent: UploadFile, uploads: Uploads) -> str:
    with uploads.new(sent.filename or "") as (key, file):
        shutil.copyfileobj(sent.file, file)
    return key


def _too_large(most: int) -> Refused:
    text = f"A table of more than {in_gigabytes(most)} cannot be sent here; train on it at the terminal."
    return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text, connection="close")

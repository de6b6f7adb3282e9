"""The text of a file: unpacked, and decoded without guessing in silence."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from pathlib import Path

from netable.errors import FileError
from netable.table.notes import Notes

GZIP = b"\x1f\x8b"
CHUNK = 1 << 24
# A table rarely shrinks to a hundredth; a gzip bomb does to a thousandth.
UNPACKED_ALWAYS = 1 << 30
LARGEST_RATIO = 200
MOSTLY_COMMON = 0.9
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, unpacked if they are gzipped.

    Raises
    ------
    FileError
        If the file cannot be read, or unpacks to far more than any table would.
    """
    try:
        data = path.read_bytes()
        return _unpacked(data, path) if data.startswith(GZIP) else data
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileError(f"{path}: the gzip file is damaged or cut off ({error}). Make it again.") from error
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _unpacked(data: bytes, path: Path) -> bytes:
    unpacked = bytearray()
    with gzip.open(io.BytesIO(data)) as stream:
        while chunk := stream.read(CHUNK):
            unpacked += chunk
            if len(unpacked) > UNPACKED_ALWAYS and len(unpacked) > LARGEST_RATIO * len(data):
                raise FileError(
                    f"{path}: unpacks to over {LARGEST_RATIO} times its size, as no table does. "
                    "If it is one, unpack it first."
                )
    return bytes(unpacked)


def decode(data: bytes, encoding: str | None, path: Path, notes: Notes) -> str:
    """The text in these bytes: in the encoding given, that of the byte order mark, UTF-8, or one that fits.

    Raises
    ------
    FileError
        If the bytes are not text in that encoding; the first that is not is named.
    """
    marked = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), None)
    try:
        text = data.decode(encoding or marked or "utf-8")
    except LookupError as error:
        raise FileError(f"{path}: there is no encoding {encoding!r}; try utf-8 or cp949.") from error
    except UnicodeDecodeError as error:
        if encoding or marked or _is_mostly_utf8(data):
            raise FileError(_undecodable(path, encoding or marked or "utf-8", data, error.start)) from error
        text = _decode_by_guess(data, path, notes)
    nul = text.find("\0")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        raise FileError(
            f"{path}, line {line:,}: holds a NUL character, so it is not plain text; if it is UTF-16, "
            "use --encoding utf-16-le."
        )
    return text.removeprefix("\ufeff")


def _undecodable(path: Path, encoding: str, data: bytes, start: int) -> str:
    line = data.count(b"\n", 0, start) + 1
    return (
        f"{path}, line {line:,}: expected {encoding}, got the byte 0x{data[start]:02x} at offset {start:,}. "
        "Name the encoding with --encoding, such as cp949."
    )


def _is_mostly_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    return len(re.findall(r"[^\x00-\x7f\ufffd]", text)) > broken


def _decode_by_guess(data: bytes, path: Path, notes: Notes) -> str:
    for encoding in ("cp949", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "cp949" or _is_korean(text):
            break
    notes.add(
        f"not UTF-8, so read as {encoding}; if words look wrong, name the encoding with --encoding ({{}})",
        path.name,
    )
    return text


def _is_korean(text: str) -> bool:
    # Accented letters of western texts happen to decode as Hangul, but as syllables that nobody writes;
    # those in use are the ones that EUC-KR holds as two bytes.
    hangul = re.findall("[가-힣]", text)
    common = sum(len(syllable.encode("euc_kr", errors="ignore")) == 2 for syllable in hangul)
    return bool(hangul) and common >= MOSTLY_COMMON * len(hangul)

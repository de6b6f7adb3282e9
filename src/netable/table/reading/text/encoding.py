"""The text of a file; a guessed encoding is reported."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from pathlib import Path

from netable.errors import FileError
from netable.system.notes import Notes

MOSTLY_COMMON = 0.9
# One such word in this many may be an abbreviation or a typing error.
FOREIGN_WORDS = 20
SAMPLE_BYTES = 1 << 16
LEAST_ZEROS = 0.25
GUESSED = "not UTF-8, so read as {}; if words look wrong, name the encoding with encoding=… ({{}})"
# A quote or a stop may follow any letter, as in «CAFÉ».
_UTF8 = re.compile("Ã[\x80-¿€‚-›]|[Ä-ß](?![’”“…–—·°»])[\x80-¿€‚-›]|[à-ï](?![’”“…–—·°»])[\x80-¿€‚-›]{2}")
_BETWEEN_LETTERS = re.compile(
    r"(?<=[^\W\d_])[^\w\s\x00-\x7f’‘´·–—“”«»](?=[^\W\d_])|[¢£¤¥¯¬¹³¼½¾¸¨][^\W\d_]|[0-9][^\x00-\x7f][0-9][^\x00-\x7f]"
)
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, encoding: str | None, path: Path, notes: Notes) -> str:
    """As `decode_as`, without the encoding."""
    return decode_as(data, encoding, path, notes)[0]


def decode_as(data: bytes, encoding: str | None, path: Path, notes: Notes) -> tuple[str, str]:
    """Decode by the given encoding, the byte order mark, as UTF-8, or by the first guess that fits; name it, too.

    Raises
    ------
    FileError
        If the bytes are not text in that encoding; the error names the first wrong byte.
    """
    marked = next((name for mark, name in BYTE_ORDER_MARKS if data.startswith(mark)), None)
    known = encoding or marked or _utf_16_without_mark(data, path, notes)
    used = known or "utf-8"
    try:
        text = data.decode(used)
    except LookupError as error:
        raise FileError(f"{path}: there is no encoding {encoding!r}; try utf-8 or cp949.") from error
    except UnicodeDecodeError as error:
        if known is None:
            check_nul(data.decode("latin-1"), path)
        if known or _is_mostly_utf8(data):
            line = data.count(b"\n", 0, error.start) + 1
            other = "cp1252" if encoding == "cp949" else "cp949"
            raise FileError(
                f"{path}, line {line:,}: expected {known or 'utf-8'}, got the byte 0x{data[error.start]:02x} at "
                f"offset {error.start:,}. Name the encoding, such as encoding={other!r}."
            ) from error
        text, used = _decode_by_guess(data, path, notes)
    notes.add_fact("encoding", used)
    check_nul(text, path)
    return text.removeprefix("\ufeff"), used


def check_nul(text: str, path: Path) -> None:
    """Refuse a text with a NUL character."""
    place = text.find("\0")
    if place >= 0:
        line = text.count("\n", 0, place) + 1
        raise FileError(
            f"{path}, line {line:,}: holds a NUL character, so it is not plain text; if it is UTF-16, "
            "use encoding='utf-16-le'."
        )


def _utf_16_without_mark(data: bytes, path: Path, notes: Notes) -> str | None:
    """UTF-16 by its zero bytes: Latin letters, digits and delimiters have one in each pair, on the same side."""
    start = data[:SAMPLE_BYTES]
    zeros = (start[::2].count(0), start[1::2].count(0))
    if len(data) % 2 or min(zeros) or max(zeros) * 2 <= LEAST_ZEROS * len(start):
        return None
    encoding = "utf-16-be" if zeros[0] else "utf-16-le"
    notes.add(GUESSED.format(encoding), path.name)
    return encoding


def _is_mostly_utf8(data: bytes) -> bool:
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    return len(re.findall(r"[^\x00-\x7f\ufffd]", text)) > broken


def _decode_by_guess(data: bytes, path: Path, notes: Notes) -> tuple[str, str]:
    for encoding, fits in GUESSES.items():
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if fits(text):
            notes.add(GUESSED.format(encoding), path.name)
            return text, encoding
    raise FileError(
        f"{path}: not UTF-8, and its encoding is not known. Name it, such as encoding='cp1250' or encoding='cp1251'."
    )


def _is_korean(text: str) -> bool:
    # Accented letters of western texts may decode as Hangul, but as syllables out of use;
    # those in use take two bytes in EUC-KR.
    hangul = re.findall("[가-힣]", text)
    common = sum(len(syllable.encode("euc_kr", errors="ignore")) == 2 for syllable in hangul)
    others = len(re.findall(r"[^\x00-\x7f가-힣]", text))
    return common >= MOSTLY_COMMON * len(hangul) and len(hangul) > others


def _is_japanese(text: str) -> bool:
    # In a wrong encoding, letters become half-width katakana or Chinese characters.
    kana = len(re.findall("[ぁ-んァ-ヶー]", text))
    return kana * 2 > len(re.findall(r"[^\x00-\x7f]", text)) and not re.search("[｡-ﾟ\ue000-\uf8ff]", text)


def _is_western(text: str) -> bool:
    # Words of other scripts, and letters of UTF-8, become rows of accented letters, some with signs between.
    if _UTF8.search(text):
        return False
    words = re.findall(r"[^\W\d_]+", text)
    shares = [(sum(letter > "\x7f" for letter in word), len(word)) for word in words if len(word) >= 4]
    foreign = sum(2 * odd > length for odd, length in shares)
    wholly = sum(odd == length for odd, length in shares)
    signs = len(_BETWEEN_LETTERS.findall(text))
    return (foreign + signs < 2 and not wholly) or (foreign + signs) * FOREIGN_WORDS <= len(words)


GUESSES: dict[str, Callable[[str], bool]] = {
    "cp949": _is_korean,
    "cp932": _is_japanese,
    "euc_jp": _is_japanese,
    "cp1252": _is_western,
}

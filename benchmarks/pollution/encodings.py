"""Broken encodings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.pollution.kinds import ENCODING, Kind, Polluted, clean, records, unclear
from benchmarks.pollution.tables import Table, write


def encodings() -> Iterator[Kind]:
    """Encodings other than UTF-8, and mixtures."""
    group = "encodings"
    for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        yield Kind(group, name, ENCODING, partial(_in_encoding, name=name))
    for name in ("latin-1", "cp1252", "cp949", "shift_jis", "euc_jp", "gb18030"):
        yield Kind(group, name, ENCODING, partial(_encoded, name=name))
    for first, second in (("utf-8", "latin-1"), ("latin-1", "utf-8"), ("utf-8", "cp949"), ("cp949", "utf-8")):
        yield Kind(group, f"{first}, then {second}", ENCODING, partial(_halves, first=first, second=second))
    yield Kind(group, "utf-8 cut in a letter", f"{ENCODING}|utf-8", _cut)
    yield Kind(group, "utf-8 decoded as cp1252", ENCODING, _mojibake)


def _in_encoding(table: Table, name: str) -> Polluted:
    return clean(table, write(table).encode(name))


def _encoded(table: Table, name: str) -> Polluted | None:
    if name == "cp1252":
        table = table.with_cells("it's", "it’s").with_cells("O'H", "O’H")
    text = write(table)
    if text.isascii():
        return None
    try:
        return clean(table, text.encode(name))
    except UnicodeEncodeError:
        return None


def _halves(table: Table, first: str, second: str) -> Polluted | None:
    lines = records(write(table))
    cut = 1 + len(table.rows) * 2 // 3
    top, bottom = "".join(lines[:cut]), "".join(lines[cut:])
    if top.isascii() or bottom.isascii():
        return None
    try:
        return Polluted(top.encode(first) + bottom.encode(second), [table])
    except UnicodeEncodeError:
        return None


def _cut(table: Table) -> Polluted | None:
    content = write(table).encode()
    last = max((i for i, byte in enumerate(content) if byte >= 0xC0), default=None)
    return None if last is None else unclear(content[: last + 1] + content[last + 2 :])


def _mojibake(table: Table) -> Polluted | None:
    text = write(table)
    try:
        wrong = text.encode().decode("cp1252")
    except UnicodeDecodeError:
        return None
    # Whoever wrote the file has lost the letters: what stands there is all that can be loaded.
    broken = table._replace(
        header=[name.encode().decode("cp1252") for name in table.header],
        rows=[[cell.encode().decode("cp1252") for cell in row] for row in table.rows],
    )
    return None if text.isascii() else Polluted(wrong.encode(), [table, broken])

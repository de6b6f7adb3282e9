"""A C file under construction: tables, functions, and those functions of the library that they call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[Any]
_LIBRARY = ("library.c", "layers.c")
# Digits that make a number exact, and numbers in a line of at most about 100 letters.
_FORMS = {"float32": ("%.9g", 6), "float64": ("%.17g", 4), "int64": ("%d", 8), "int32": ("%d", 16)}
_TYPES = {"float64": "double", "int64": "int64_t", "int32": "int"}
_FUNCTION, _CALL = re.compile(r"^static [^;=(]*?(\w+)\(", re.MULTILINE), re.compile(r"(\w+)\(")
# Words of C and, in small letters, of its headers and compilers.
_RESERVED = re.compile(
    "auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|register|"
    "restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while|asm|typeof|"
    "bool|true|false|alignas|alignof|constexpr|nullptr|thread_local|static_assert|unix|linux|i386|is[a-z]+|signbit|"
    "fpclassify|math_errhandling"
)


class Source:
    """Tables of constants, of which equal ones are written once, and functions.

    Parameters
    ----------
    dtype : numpy dtype
        Of the networks, which the C file calls `real`.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self._tables: dict[tuple[Any, ...], str] = {}
        self._lines: list[str] = []
        self._functions: list[str] = []

    def table(self, name: str, values: Array | Tensor) -> str:
        """The name of a constant array; that of an equal one, if there is one."""
        array = values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)
        kind = "real" if array.dtype == self.dtype else _TYPES[str(array.dtype)]
        key = (kind, array.size, array.tobytes())
        if key not in self._tables:
            self._tables[key] = name
            self._lines += _declared(
                f"static const {kind} {name}", numerals(array), _FORMS[str(array.dtype)][1]
            )
        return self._tables[key]

    def texts(self, name: str, texts: Sequence[str | None]) -> str:
        """The name of a constant array of texts, or null for None."""
        key = (tuple(texts),)
        if key not in self._tables:
            self._tables[key] = name
            self._lines += _declared(f"static const char *const {name}", [literal(text) for text in texts], 1)
        return self._tables[key]

    def function(self, head: str, body: Iterable[str]) -> None:
        """Add a function; lines of its body are indented by themselves."""
        self._functions.append("\n".join([head, "{", *(f"    {line}".rstrip() for line in body), "}"]))

    def code(self) -> str:
        """Tables, the functions of the library that are called, and functions."""
        own = "\n\n".join(self._functions)
        library = [part for name in _LIBRARY for part in _parts(name)]
        called: set[str] = set()
        names = set(_CALL.findall(own))
        while new := {name for name, _ in library if name in names} - called:
            called |= new
            names.update(*(_CALL.findall(text.partition("{")[2]) for name, text in library if name in new))
        functions = [text for name, text in library if name in called]
        return "\n\n".join(["\n".join(self._lines), *functions, own])


def numerals(array: Array) -> list[str]:
    """Numbers as C has them, exact in the type of the array."""
    form = _FORMS[str(array.dtype)][0]
    flat = array.ravel().tolist()
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return [form % value if np.isfinite(value) else _not_finite(value) for value in flat]
    least = np.iinfo(np.int64).min  # a minus before a greater number than C has
    return ["INT64_MIN" if value == least else form % value for value in flat]


def number(value: float) -> str:
    """A number of double precision, exact."""
    return numerals(np.array([value], np.float64))[0]


def literal(text: str | None) -> str:
    """A text as C has it, in UTF-8, of the letters of ASCII alone."""
    if text is None:
        return "NULL"
    letters = (
        chr(byte) if byte < 128 and (chr(byte).isalnum() or byte in b" -_.,:;+/") else f"\\{byte:03o}"
        for byte in text.encode()
    )
    return f'"{"".join(letters)}"'


def remark(text: str) -> str:
    """A text within a comment."""
    shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    for mark in ("*/", "/*", "??"):
        shown = shown.replace(mark, f"{mark[0]} {mark[1]}")
    return shown.replace("??", "? ?").replace("\\", "\\\\")


def identifiers(names: Sequence[str]) -> list[str]:
    """A C name for each column, its own in small letters as far as C allows; macros mostly have large ones."""
    made: list[str] = []
    for i, name in enumerate(names):
        word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or f"column_{i + 1}"
        word = f"column_{word}" if word[0].isdigit() else word
        while _RESERVED.fullmatch(word) or word in made:
            word += "_"
        made.append(word)
    return made


def _not_finite(value: float) -> str:
    return "NAN" if np.isnan(value) else "INFINITY" if value > 0 else "-INFINITY"


def _declared(head: str, items: Sequence[str], in_line: int) -> list[str]:
    """An array, in lines; C has none without elements."""
    items = items or ["0"]
    rows = (", ".join(items[i : i + in_line]) for i in range(0, len(items), in_line))
    return [f"{head}[{len(items)}] = {{", *(f"    {row}," for row in rows), "};"]


def _parts(name: str) -> list[tuple[str, str]]:
    """The functions of a file of the library: name, and text with the comment before it."""
    text = (files("netable.deploy.c") / name).read_text("utf-8")
    parts = re.split(r"(?<=^})\n\n", text.partition("\n\n")[2].rstrip(), flags=re.MULTILINE)
    return [(_FUNCTION.search(part)[1], part) for part in parts]  # type: ignore[index]

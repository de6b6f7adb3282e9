"""A Python script under construction: sections of its own, and the parts of the library that they name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from unicodedata import east_asian_width

from netable.system.safe_text import plain

_LIBRARY = ("cells", "layers", "ends")
# What sections import beside what the library does.
_OTHERS = """
import json
from pathlib import Path
from safetensors.torch import load_file
"""
_THIRD_PARTY = ("numpy", "safetensors", "torch")
_LINE, _INDENT = 110, 4


class Group(NamedTuple):
    """Expressions within brackets, such as the arguments of a call.

    Attributes
    ----------
    before, after : str
        The text before the first expression and behind the last, such as "f(" and ")".
    parts : tuple of str or Group
    """

    before: str
    parts: tuple[Expression, ...]
    after: str

    def __str__(self) -> str:
        return f"{self.before}{', '.join(map(str, self.parts))}{self.after}"


Expression = str | Group


def call(function: str, *arguments: Expression) -> Group:
    """The call of a function."""
    return Group(f"{function}(", arguments, ")")


def brackets(parts: Iterable[Expression], both: str = "[]") -> Group:
    """A list, or with other brackets a set or the parts of a call."""
    return Group(both[0], tuple(parts), both[1])


def written(expression: Expression, before: str = "", after: str = "", indent: int = 0) -> Iterator[str]:
    """The lines of a statement, as ruff formats them: with a line for each part if they do not fit into one.

    Parameters
    ----------
    before, after : str
        What stands beside the expression, such as "x = " and ",".
    indent : int
        Blanks before every line.
    """
    whole = f"{' ' * indent}{before}{expression}{after}"
    if isinstance(expression, str) or not expression.parts or _width(whole) <= _LINE:
        yield whole
        return
    yield f"{' ' * indent}{before}{expression.before}"
    for part in expression.parts:
        yield from written(part, after=",", indent=indent + _INDENT)
    yield f"{' ' * indent}{expression.after}{after}"


def indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    """Lines, of which those that are not empty stand farther right."""
    return [f"{' ' * _INDENT * levels}{line}" if line else "" for line in lines]


def numbered(name: str, count: int) -> list[str]:
    """A name for each of several things; the name itself if there is only one."""
    return [f"{name}_{i}" for i in range(1, count + 1)] if count > 1 else [name] * count


def quoted(text: str) -> str:
    """The literal of a text, in the quotes that ruff prefers."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    letters = (
        f"\\{letter}" if letter == quote else letter if letter in "'\"" else repr(letter)[1:-1]
        for letter in text
    )
    return f"{quote}{''.join(letters)}{quote}"


def script(
    docstring: str, constants: Mapping[str, str], sections: Sequence[str], shown: Sequence[str] = ()
) -> str:
    """A whole script: constants, and sections, each behind the parts of the library that it needs.

    Parameters
    ----------
    constants : mapping of name to str
        Statements that define constants of the model, of which only those in use are written. They take the places of
        those of the library.
    shown : sequence of str
        Constants that are written for other scripts.
    """
    parts = dict(constants) | {name: part for name, part in _library().items() if name not in constants}
    taken = {name for section in sections for node in ast.parse(section).body for name in _defined(node)}
    needed = _needed("\n".join([*sections, *shown]), parts, taken)
    blocks = ["\n".join(parts[name] for name in parts if name in needed and _is_constant(parts[name]))]
    taken |= {name for name in needed if _is_constant(parts[name])}
    for section in sections:
        own = _needed(section, parts, taken)
        blocks += [part for name, part in parts.items() if name in own]
        taken |= own
        blocks.append(section)
    body = "\n\n\n".join(filter(None, blocks))
    told = plain(docstring).replace("\\", "\\\\").replace('"', "'")
    return f'"""{told}"""\n\nfrom __future__ import annotations\n\n{_imports(body)}\n\n{body}\n'


def _needed(code: str, parts: Mapping[str, str], taken: set[str]) -> set[str]:
    """The names of parts that code needs in the end, without those that are taken."""
    needed, used = set[str](), _used(code)
    while new := (used & parts.keys()) - taken - needed:
        needed |= new
        used |= {name for part in new for name in _used(parts[part])}
    return needed


@cache
def _library() -> dict[str, str]:
    """The source of each function, class and constant of the library."""
    parts = {}
    for text in _library_texts():
        lines = text.splitlines()
        for node in ast.parse(text).body:
            for name in _defined(node):
                parts[name] = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    return parts


@cache
def _library_texts() -> list[str]:
    folder = files("netable.deploy.torch.library")
    return [(folder / f"{name}.py").read_text("utf-8") for name in _LIBRARY]


def _defined(node: ast.stmt) -> list[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _used(code: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


def _is_constant(part: str) -> bool:
    return not part.startswith(("def ", "class "))


def _imports(body: str) -> str:
    """The imports of all names in a body that the library or a section can import, sorted as ruff does."""
    used = _used(body)
    plain: dict[bool, set[str]] = {False: set(), True: set()}
    chosen: dict[bool, dict[str, set[str]]] = {False: {}, True: {}}
    for node in (node for text in (*_library_texts(), _OTHERS) for node in ast.parse(text).body):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = {alias.asname or alias.name: alias for alias in node.names}
        module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        is_foreign = str(module).partition(".")[0] in _THIRD_PARTY
        found = {ast.unparse(alias) for name, alias in names.items() if name in used}
        if isinstance(node, ast.ImportFrom) and found:
            chosen[is_foreign].setdefault(str(module), set()).update(found)
        elif found:
            plain[is_foreign] |= found
    return "\n\n".join(
        "\n".join(
            [*(f"import {name}" for name in sorted(plain[section]))]
            + [
                f"from {module} import {', '.join(sorted(found, key=_by_kind))}"
                for module, found in sorted(chosen[section].items())
            ]
        )
        for section in (False, True)
    )


def _by_kind(name: str) -> tuple[bool, bool, str]:
    """Constants, classes and functions, as imports are sorted."""
    return not name.isupper(), name[0].islower(), name


def _width(line: str) -> int:
    """Columns of a line at a terminal."""
    return sum(1 + (east_asian_width(letter) in "WF") for letter in line)

"""docs/bad-inputs.md and the marks in the tests say the same."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "bad-inputs.md").read_text(encoding="utf-8")
ROWS = [
    (int(number), test) for number, test in re.findall(r"^\| (\d+) \|.*\| `([^`]+)` \|$", PAGE, re.MULTILINE)
]


def marks(test: ast.FunctionDef) -> Iterator[int]:
    """The numbers that a test bears, its own or those of some of its parameters."""
    for decorator in test.decorator_list:
        for node in ast.walk(decorator):
            match node:
                case ast.Call(func=ast.Attribute(attr="bad_input"), args=[ast.Constant(value=int(number))]):
                    yield number


@pytest.fixture(scope="module")
def marked() -> dict[int, set[str]]:
    """The tests of each number."""
    found: dict[int, set[str]] = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body if "bad_input" in text else ():
            if isinstance(node, ast.FunctionDef):
                for number in marks(node):
                    found[number].add(f"{path.relative_to(TESTS).as_posix()}::{node.name}")
    return found


def test_page__numbers__are_in_order_and_each_once():
    numbers = [number for number, _ in ROWS]

    assert numbers == sorted(set(numbers))


def test_page__numbers__are_those_that_tests_bear(marked):
    assert {number for number, _ in ROWS} == set(marked)


def test_page__test_of_a_number__bears_it(marked):
    assert [row for row in ROWS if row[1] not in marked[row[0]]] == []

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import netable
from netable.deploy.torch.script import brackets, call, quoted, script, written


@pytest.mark.parametrize(
    "text", ["plain", 'a "b"', "it's", 'it\'s "so"', '""\'', "\\", "도시\n", "\u202e\x00", ""]
)
def test_quoted__any_text__is_a_literal_of_it(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    assert quoted(text).isprintable()


def test_quoted__quotes__are_those_with_fewer_escapes() -> None:
    assert quoted("it's") == '"it\'s"'
    assert quoted('"a"') == "'\"a\"'"


def test_written__short_call__is_one_line() -> None:
    assert list(written(call("f", "x", call("g", "y")), "a = ", ",", indent=4)) == ["    a = f(x, g(y)),"]


def test_written__long_call__has_a_line_for_each_argument() -> None:
    name = f'"{"도" * 48}"'  # as wide as 96 letters
    lines = list(written(brackets([call("read", "columns", name), "y"]), "x = "))

    assert lines == ["x = [", "    read(", "        columns,", f"        {name},", "    ),", "    y,", "]"]


def test_script__name_of_the_library__comes_with_all_that_it_needs() -> None:
    text = script("A test.", {}, ["def own(text: str) -> float:\n    return decimal_comma(text)"])
    defined = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]

    assert defined == ["decimal_comma", "signed", "own"]
    assert text.startswith('"""A test."""\n\nfrom __future__ import annotations\n\nimport re\n\n')


def test_script__constant_of_the_model__takes_the_place_of_that_of_the_library() -> None:
    text = script("A test.", {"MISSING": 'MISSING = {"", "none"}', "OTHER": "OTHER = 1"}, ["x = text_of"])

    assert text.count("MISSING = ") == 1
    assert 'MISSING = {"", "none"}' in text
    assert "OTHER" not in text
    assert "OTHER = 1" in script("A test.", {"OTHER": "OTHER = 1"}, ["x = 1"], ["OTHER"])


def test_script__docstring_with_quotes__is_still_one() -> None:
    text = script('A """ of \\.', {}, ["x = 1"])

    assert ast.get_docstring(ast.parse(text)) == "A ''' of \\."


def test_library__every_part__is_in_use() -> None:
    folder = Path(netable.__file__).parent / "deploy" / "torch"
    users = "".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    for path in (folder / "library").glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert users.count(node.name) > 1, node.name

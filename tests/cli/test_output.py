from __future__ import annotations

import json
import math

import pytest

from netable.cli.output import number, say_json, say_table


@pytest.mark.bad_input(76)
def test_say_json__what_commands_or_misleads__is_written_as_its_number(capsys):
    value = {"name": "a\x1b[2J\x9b\x7f\u202e", "half": "\ud800", "fine": "면적 é"}
    say_json(value)
    out = capsys.readouterr().out

    assert json.loads(out) == value
    assert out.isprintable() or set(filter(lambda c: not c.isprintable(), out)) == {"\n"}
    assert "면적 é" in out


def test_say_json__any_value__is_one_document(capsys):
    say_json({"면적": math.nan, "escape": "\x1b"})
    out = capsys.readouterr().out

    assert json.loads(out) == {"면적": None, "escape": "\x1b"}
    assert "면적" in out
    assert "\x1b" not in out


@pytest.mark.bad_input(10)
def test_say_table__wide_letters__columns_stay_in_line(capsys):
    say_table(["column", "kind", "levels"], [("면적", "number", 3), ("city", "category", None)])

    assert capsys.readouterr().out.splitlines() == [
        "  column  kind      levels",
        "  면적    number         3",
        "  city    category       -",
    ]


@pytest.mark.bad_input(76)
def test_say_table__line_break_in_a_name__stays_in_its_row(capsys):
    say_table(["column"], [("a\nb\x1b",)])

    assert capsys.readouterr().out.splitlines() == ["  column", "  a b�"]


def test_say_table__no_rows__is_its_header(capsys):
    say_table(["column", "kind"], [])

    assert capsys.readouterr().out == "  column  kind\n"


def test_number__figures__have_four_digits():
    assert [number(x) for x in (0.123456, 12345.678, 3, None, "a")] == ["0.1235", "12,346", "3", "-", "a"]

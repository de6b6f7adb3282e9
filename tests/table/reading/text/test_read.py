from __future__ import annotations

from pathlib import Path

import pytest

from netable.table.reading.read import ReadOptions, read


@pytest.mark.parametrize(
    "text", ['[{"a": 1, "b": "x"}, {"a": 2}]', '[\n  {"a": 1, "b": "x"},\n  {"a": 2}\n]\n']
)
def test_json__array_without_a_name__is_recognized(tmp_path: Path, text: str) -> None:
    (tmp_path / "t").write_text(text)

    assert read(tmp_path / "t").to_pydict() == {"a": [1.0, 2.0], "b": ["x", None]}


def test_json__format_named__is_read_under_any_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('{"a":\n1}'.replace("\n", ""))

    assert read(tmp_path / "t.csv", options=ReadOptions(format="json")).to_pydict() == {"a": [1.0]}


def test_csv__header_in_brackets__is_no_json(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("[a],[b]\nx,1\n")

    assert read(tmp_path / "t.csv").column_names == ["[a]", "[b]"]

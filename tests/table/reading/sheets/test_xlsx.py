from __future__ import annotations

from pathlib import Path

import pytest

from netable.table.reading.sheets import xlsx as module
from netable.table.reading.sheets.xlsx import error_cells, reach_of
from workbooks import write_xls, write_xlsb, write_xlsx

ROWS = [["a", "b"], *([1.5, "#N/A" if row % 7 == 3 else "x"] for row in range(200))]


@pytest.mark.parametrize("chunk", [64, 1 << 22])
def test_error_cells__in_pieces_of_any_size__are_all_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(module, "CHUNK", chunk)
    write_xlsx(tmp_path / "t", {"Other": [["#REF!"]], "Data": ROWS})

    expected = [(number, 1, "#N/A") for number, row in enumerate(ROWS) if row[1] == "#N/A"]
    assert list(error_cells(tmp_path / "t", "Data")) == expected
    assert list(error_cells(tmp_path / "t", "Other")) == [(0, 0, "#REF!")]


@pytest.mark.parametrize("write", [write_xls, write_xlsb])
def test_error_cells__in_other_formats__are_not_looked_for(tmp_path: Path, write: object) -> None:
    write(tmp_path / "t", {"Data": [["a"]]})  # type: ignore[operator]

    assert list(error_cells(tmp_path / "t", "Data")) == []
    assert reach_of(tmp_path / "t", "Data") == 0


@pytest.mark.parametrize(("letters", "number"), [(b"A", 0), (b"Z", 25), (b"AA", 26), (b"XFD", 16_383)])
def test_column_of__letters__are_a_number(letters: bytes, number: int) -> None:
    assert module._column_of(letters) == number


def test_reach_of__sheet__is_from_the_first_cell_to_the_last(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "t", {"Data": [[], [None, 1, 2], [3]]})

    assert reach_of(tmp_path / "t", "Data") == 3 * 3

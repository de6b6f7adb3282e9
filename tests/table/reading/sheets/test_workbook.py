from __future__ import annotations

import io
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from netable.errors import DataError, DataWarning, FileError
from netable.table.reading.read import ReadOptions, read
from workbooks import locked_xlsx, write_ods, write_xls, write_xlsb, write_xlsx

HEADER = ["name", "count", "when", "ok"]
ROWS = [
    ["a", 1.5, datetime(2020, 1, 2, 3, 4), True],
    ["b", 2, datetime(2020, 1, 3), False],
    ["c", 4, None, True],
]
DATA = {"Data": [HEADER, *ROWS]}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "t.xlsx"


def read_one(book: Path, rows: list[list[Any]], merged: str = "", **options: Any) -> pa.Table:
    """Write a workbook of one sheet, and read it."""
    write_xlsx(book, {"Data": rows}, merged=merged)
    return read(book, options=ReadOptions(**options))


def test_workbook__cells__keep_their_types(book: Path) -> None:
    rows = [
        ["d", "t", "n"],
        [date(2020, 1, 2), time(1, 2, 3), 7],
        [datetime(2020, 1, 2, 3), timedelta(hours=30), 0.1],
    ]

    table = read_one(book, rows)

    assert table.to_pydict() == {
        "d": [datetime(2020, 1, 2), datetime(2020, 1, 2, 3)],
        "t": [3723.0, 108_000.0],
        "n": [7.0, 0.1],
    }


def test_workbook__table_away_from_the_corner__is_found(book: Path) -> None:
    rows = [[], [], [None, None, "a", "b"], [None, None, 1, "x"], [None, None, 2, "y"]]

    assert read_one(book, rows).to_pydict() == {"a": [1.0, 2.0], "b": ["x", "y"]}


def test_workbook__chosen_columns__are_read_alone(book: Path) -> None:
    write_xlsx(book, DATA)

    assert read(book, columns=["ok", "absent"]).to_pydict() == {"ok": [True, False, True]}


# Sheets


def test_sheets__several__first_with_cells_is_read_and_others_are_named(book: Path) -> None:
    write_xlsx(book, {"Empty": [], **DATA, "Old": [["x"]]}, hidden=["Old"], charts=["Chart"])

    with pytest.warns(DataWarning) as caught:
        table = read(book)

    assert table.column_names == HEADER
    assert str(caught[0].message).endswith(
        "only the first visible sheet with cells is read, 'Data', not 'Empty' nor the hidden 'Old'; sheet=… chooses "
        "another one"
    )


@pytest.mark.parametrize("sheet", ["Old", "3"])
def test_sheets__asked_for__is_read_though_hidden(book: Path, sheet: str) -> None:
    write_xlsx(book, {"1": [["a"], ["x"]], **DATA, "Old": [["b"], ["y"]]}, hidden=["Old"])

    assert read(book, options=ReadOptions(sheet=sheet)).to_pydict() == {"b": ["y"]}
    assert read(book, options=ReadOptions(sheet="1")).to_pydict() == {"a": ["x"]}


@pytest.mark.bad_input(123)
@pytest.mark.parametrize(
    ("sheets", "sheet", "message"),
    [
        (DATA, "Dat", r"t\.xlsx: there is no sheet 'Dat'\. Did you mean 'Data'\?$"),
        (DATA, "9", r"t\.xlsx: there is no sheet '9'\. There are: 'Chart', 'Data'\.$"),
        (DATA, "Chart", r"t\.xlsx: the sheet 'Chart' has a chart and no cells\.$"),
        ({}, None, r"t\.xlsx: no visible sheet of the workbook has a cell\.$"),
        ({"Data": []}, None, r"t\.xlsx: no visible sheet of the workbook has a cell\.$"),
        ({"Data": []}, "Data", r"t\.xlsx, sheet 'Data': no data; the sheet is empty\.$"),
    ],
)
def test_sheets__123_absent_empty_or_chart__are_refused(
    book: Path, sheets: dict[str, Any], sheet: str | None, message: str
) -> None:
    write_xlsx(book, sheets, charts=["Chart"])

    with pytest.raises((FileError, DataError), match=message):
        read(book, options=ReadOptions(sheet=sheet))


# Cells


@pytest.mark.bad_input(124)
def test_errors__124_in_cells__are_missing_with_a_note(book: Path) -> None:
    rows = [["n", "s"], ["#DIV/0!", "x"], [2, "#N/A"], ["#DIV/0!", "y"]]

    with pytest.warns(DataWarning, match=r"errors are read as missing: 'n' 2 × '#DIV/0!'; 's' 1 × '#N/A'$"):
        assert read_one(book, rows).to_pydict() == {"n": [None, 2.0, None], "s": ["x", None, "y"]}


def test_errors__pasted_as_text_into_ods__are_missing_with_a_note(tmp_path: Path) -> None:
    write_ods(tmp_path / "t.ods", {"Data": [["n"], [1], ["#REF!"]]})

    with pytest.warns(DataWarning, match=r"errors are read as missing: 'n' 1 × '#REF!'$"):
        assert read(tmp_path / "t.ods").to_pydict() == {"n": [1.0, None]}


def test_mixture__words_among_numbers__is_text_with_a_note(book: Path) -> None:
    rows = [["v"], [4], ["sold out"], [5.5], [6]]

    with pytest.warns(
        DataWarning, match=r"mostly numbers, but kept as text .* 'v' \(1 of 4, such as 'sold out'"
    ):
        assert read_one(book, rows).to_pydict() == {"v": ["4", "sold out", "5.5", "6"]}


def test_mixture__numbers_stored_as_text_and_words_for_missing__are_numbers(book: Path) -> None:
    rows = [["v"], [4.567], ["7"], ["n/a"], ["-"]]

    with pytest.warns(DataWarning, match=r"read as missing: 'v' 1 × '-', 1 × 'n/a'$"):
        table = read_one(book, rows)
    assert table.to_pydict() == {"v": [4.567, 7.0, None, None]}
    # Of a model that learned from decimal commas, a text 4.567 would be 4567.
    with pytest.warns(DataWarning):
        again = read(book, storage={"v": "number, decimal comma"})
    assert again.to_pydict() == table.to_pydict()


def test_missing__number_that_means_it__is_missing(book: Path) -> None:
    rows = [["v", "w"], [-9, "x"], [4.5, "-9"], [-9, "y"]]

    with pytest.warns(DataWarning, match=r"read as missing: 'v' 2 × '-9'; 'w' 1 × '-9'$"):
        table = read_one(book, rows, na_values=("-9",))
    assert table.to_pydict() == {"v": [None, 4.5, None], "w": ["x", None, "y"]}


def test_mixture__decimal_comma_among_numbers__is_refused(book: Path) -> None:
    with pytest.raises(
        FileError, match=r"sheet 'Data': column 'v' has numbers, and the text '1,5', which may be"
    ):
        read_one(book, [["v"], [4.567], ["1,5"]])


# Headers and rows


@pytest.mark.bad_input(125)
@pytest.mark.parametrize(
    ("above", "merged", "row"),
    [
        ([["Houses of May"], []], "", 3),
        ([["Houses of May"], ["by the office"]], "A1:D1", 3),
        ([["May"]], "", 2),
    ],
)
def test_title__125_above_the_header__is_refused_with_what_to_skip(
    book: Path, above: list[list[Any]], merged: str, row: int
) -> None:
    rows = [*above, HEADER, *ROWS]

    with pytest.raises(
        FileError,
        match=rf"sheet 'Data', row 1: '.*' looks like a title, and row {row} .* skip_rows={row - 1};",
    ):
        read_one(book, rows, merged)
    assert read_one(book, rows, skip_rows=row - 1).num_rows == 3


def test_title__merged_over_two_columns__is_refused(book: Path) -> None:
    with pytest.raises(FileError, match="'May' looks like a title"):
        read_one(book, [["May", None], ["a", "b"], ["x", 1], ["y", 2]], "A1:B1")


def test_header__merged_over_columns__is_refused(book: Path) -> None:
    rows = [["n", "2022", None], [None, "Q1", "Q2"], ["x", 2, 3], ["y", 4, 5]]

    with pytest.raises(FileError, match="row 1: cells are merged over several columns of the header"):
        read_one(book, rows, "B1:C1")


def test_merged__over_rows__is_noted(book: Path) -> None:
    rows = [["city", "n"], ["Seoul", 1], [None, 2], ["Busan", 3]]

    with pytest.warns(DataWarning, match=r"value in the first row and column only, and are .*: 'city'$"):
        assert read_one(book, rows, "A2:A3").to_pydict()["city"] == ["Seoul", None, "Busan"]


def test_rows__total__is_refused_as_in_a_text(book: Path) -> None:
    rows = [["name", "n"], *([f"a{i}", i] for i in range(1, 9)), ["Total", 36]]

    with pytest.raises(FileError, match=r"sheet 'Data', row 10: .*, as in a summary row"):
        read_one(book, rows)
    with pytest.warns(DataWarning, match=r"left out, because they are no data: row 10 "):
        assert read_one(book, rows, bad_rows="skip").num_rows == 8


def test_header__absent__is_refused_or_numbered(book: Path) -> None:
    with pytest.raises(FileError, match=r"row 1: expected a header"):
        read_one(book, ROWS)
    with pytest.warns(DataWarning, match="columns without a name are called"):
        table = read_one(book, ROWS, header=False)
    assert table.column_names == ["column_1", "column_2", "column_3", "column_4"]
    assert table.num_rows == 3


def test_comments__marked__are_left_out(book: Path) -> None:
    with pytest.warns(DataWarning, match=r"left out as comments: 1 row\(s\) that begin with '%'"):
        assert read_one(book, [["% by hand"], ["a", "b"], [1, 2]], comment="%").to_pydict() == {
            "a": [1.0],
            "b": [2.0],
        }


def test_columns__empty_between_others__are_left_out_with_a_note(book: Path) -> None:
    with pytest.warns(DataWarning, match=r"neither a name nor a value: 1 column\(s\)"):
        assert read_one(book, [["a", None, "b"], [1, None, 2]]).column_names == ["a", "b"]


# Files


@pytest.mark.bad_input(122)
def test_file__122_locked__is_refused(book: Path) -> None:
    book.write_bytes(locked_xlsx())

    with pytest.raises(
        FileError, match=r"t\.xlsx: the workbook is locked with a password\. Save it without one\.$"
    ):
        read(book)


@pytest.mark.bad_input(121)
def test_file__121_csv_called_xlsx__is_refused_unless_the_format_is_named(book: Path) -> None:
    book.write_text("a,b\n1,2\n")

    with pytest.raises(FileError, match=r"expected a workbook because of its name, .* use format='csv'\.$"):
        read(book)
    assert read(book, options=ReadOptions(format="csv")).to_pydict() == {"a": [1.0], "b": [2.0]}


@pytest.mark.parametrize("write", [write_xlsx, write_xls, write_ods, write_xlsb])
def test_file__without_its_ending__is_recognized(tmp_path: Path, write: Any) -> None:
    write(tmp_path / "t", DATA)

    assert read(tmp_path / "t").num_rows == 3


def test_file__cut_off__is_refused(book: Path, tmp_path: Path) -> None:
    write_xls(tmp_path / "t.xls", DATA)
    (tmp_path / "t.xls").write_bytes((tmp_path / "t.xls").read_bytes()[:700])
    write_xlsx(book, DATA)
    content = io.BytesIO()
    with zipfile.ZipFile(book) as whole, zipfile.ZipFile(content, "w") as part:
        part.writestr("xl/workbook.xml", whole.read("xl/workbook.xml")[:200])
    book.write_bytes(content.getvalue())

    for path in (book, tmp_path / "t.xls"):
        with pytest.raises(FileError, match="a damaged or cut-off workbook, or another document"):
            read(path)


@pytest.mark.bad_input(126)
def test_file__126_bomb__is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netable.table.reading.formats.packed.UNPACKED_ALWAYS", 1000)
    write_xlsx(book, DATA)
    with zipfile.ZipFile(book, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/bomb.xml", b"0" * 5_000_000)

    with pytest.raises(FileError, match=r"t\.xlsx: unpacks to over 200 times its size"):
        read(book)


def test_file__lonely_cell_far_away__is_refused_before_memory_is_taken(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netable.table.reading.sheets.workbook.usable_memory", lambda: 10**6)
    write_xlsx(book, {"Data": [*DATA["Data"], *[[]] * 9000, [None, None, None, "x"]]})

    with pytest.raises(
        FileError, match=r"the sheet 'Data' reaches so far that 0\.0012 GB would be needed\. Delete"
    ):
        read(book)


@pytest.mark.bad_input(127)
def test_file__127_without_calamine__names_the_extra(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_xlsb(book, DATA)
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    monkeypatch.delitem(sys.modules, "netable.table.reading.sheets.workbook", raising=False)

    with pytest.raises(
        FileError,
        match=r"python_calamine is not installed, which reads a workbook\. Try: pip install 'netable\[excel\]'$",
    ):
        read(book)

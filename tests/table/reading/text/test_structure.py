from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from netable.config.reading import ReadOptions
from netable.errors import DataError, DataWarning, FileError
from netable.table.reading.read import read

ROWS = "".join(f"n{i},{i},{i / 2}\n" for i in range(1, 9))
CLEAN = "name,count,size\n" + ROWS
WIDER = ROWS.replace("\n", ",7\n")


def load(folder: Path, text: str, **options: object) -> dict[str, list[object]]:
    (folder / "t.csv").write_text(text, encoding="utf-8", newline="")
    found: dict[str, list[object]] = read(folder / "t.csv", options=ReadOptions(**options)).to_pydict()
    return found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            ROWS,
            r"line 1: expected a header, but '1' is like the cells below it. If it is data, use header=False",
        ),
        ("city\nSeoul\nBusan\ncity\n", r"'city' is also one of the cells below it"),
        (CLEAN + CLEAN, r"line 10: the header is repeated here"),
        (
            "name,count,size,age\nwords,kg,cm,a\n" + WIDER,
            r"line 2: 'kg', 'cm', 'a' where other rows hold numbers or dates",
        ),
        (
            "name,count,size,age\n" + WIDER + "who,how many,how long,how old\nx,1,2,3\n",
            r"line 10: 'how many', 'how long'",
        ),
        (CLEAN + "\nwho,how many,how long\nx,1,2\n", r"line 11: 'how many', 'how long' where other rows"),
        (CLEAN + "Source: the office,,\n", r"line 10: 'Source: the office' and nothing else in the last row"),
        (CLEAN + "# checked,x,x\n", r"line 10: begins with # like a comment.*comment='#'"),
        ("name,count,size\n---,---,---\n" + ROWS, r"line 2: a line of dashes instead of a row"),
        (
            "Report,,\n" + CLEAN,
            r"line 1: expected a header, but 2 of 3 columns have cells and no name.*skip_rows",
        ),
    ],
)
def test_structure__more_than_one_table_below_one_header__is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(FileError, match=message):
        load(tmp_path, text)


def test_structure__words_that_mean_missing__are_no_header(tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match="mostly numbers, but kept as text for the rest: 'count'.*; 'size'"):
        assert load(tmp_path, CLEAN + "n9,n.d.,n.d.\n")["count"][-1] == "n.d."
    with pytest.warns(DataWarning, match="read as missing: 'count' 1 × 'n.d.'; 'size' 1 × 'n.d.'"):
        found = load(tmp_path, CLEAN + "n9,n.d.,n.d.\n", na_values=("n.d.",))
    assert found["size"] == [*(i / 2 for i in range(1, 9)), None]


def test_structure__blank_lines_between_rows_of_numbers__are_nothing(tmp_path: Path) -> None:
    assert load(tmp_path, CLEAN.replace("\n", "\n\n")) == load(tmp_path, CLEAN)


def test_delimiters__at_the_ends_of_lines__are_no_columns(tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match=r"they have neither a name nor a value: 2 column\(s\)"):
        assert load(tmp_path, CLEAN.replace("\n", ",,\n")) == load(tmp_path, CLEAN)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            "a,b\nx,y\nz,w\n\nu,v\n",
            "rows continue after a blank line; if another table begins there, .*: line 5",
        ),
        ("tag,n\n# foo,1\nbar,2\n", "cells that begin with # like comments.*comment='#': line 2"),
    ],
)
def test_structure__only_odd__is_read_with_a_note(tmp_path: Path, text: str, note: str) -> None:
    with pytest.warns(DataWarning, match=note):
        assert len(load(tmp_path, text)) == 2


@pytest.mark.parametrize(
    "text",
    [
        CLEAN + CLEAN,
        CLEAN + "Source: the office,,\n",
        "city\nSeoul\nBusan\ncity\n",
        CLEAN + "# checked,x,x\n",
        "name,count,size,age\n" + WIDER + "who,how many,how long,how old\n",
    ],
)
def test_options__header__ends_every_suspicion(tmp_path: Path, text: str) -> None:
    with pytest.raises(FileError, match="header=True"):
        load(tmp_path, text)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DataWarning)
        assert len(next(iter(load(tmp_path, text, header=True).values()))) == text.count("\n") - 1


def test_structure__second_header_after_many_missing__is_refused(tmp_path: Path) -> None:
    missing = "x,NA,NA,NA\n" * 1_100
    with pytest.raises(FileError, match="line 1,110: 'how many', 'how long', 'how old'"):
        load(tmp_path, "name,count,size,age\n" + WIDER + missing + "who,how many,how long,how old\n" + WIDER)


@pytest.mark.parametrize("names", ["0,1,2", "1990,2000,2010", "a,2019,2020", "a,2020-01-01,2020-01-02"])
def test_header__numbers_that_count_up_or_dates__are_names(tmp_path: Path, names: str) -> None:
    (tmp_path / "t.csv").write_text(f"{names}\n" + ROWS)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the header holds only numbers|.*: the header holds", DataWarning)
        assert read(tmp_path / "t.csv").column_names == names.split(",")


def test_options__header__is_obeyed(tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match="columns without a name are called"):
        found = load(tmp_path, ROWS, header=False)
    assert found["column_2"] == [float(i) for i in range(1, 9)]
    assert list(load(tmp_path, ROWS, header=True)) == ["n1", "1", "0.5"]


def test_options__skip_rows_and_comment__leave_lines_out(tmp_path: Path) -> None:
    clean = load(tmp_path, CLEAN)

    assert load(tmp_path, "Report, of\nMay\n" + CLEAN, skip_rows=2) == clean
    with pytest.warns(DataWarning, match="left out as comments: 10 line"):
        assert load(tmp_path, "#x\n" + CLEAN.replace("\n", "\n# a, b\n"), comment="#") == clean
    with pytest.raises(FileError, match="lines 4"):
        load(tmp_path, "#x\na,b\n#y\n1\n3,4\n", comment="#")
    with pytest.raises(DataError, match="no data"):
        load(tmp_path, CLEAN, skip_rows=10**12)
    with pytest.raises(DataError, match="no data"):
        load(tmp_path, CLEAN, skip_rows=99)


def test_preamble__above_an_even_table__is_refused_with_the_option_that_helps(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"expected a header in line 1, got 1 field.*with skip_rows=3,"):
        load(tmp_path, "Report\nMay\n\n" + CLEAN)
    assert load(tmp_path, "Report\nMay\n\n" + CLEAN, skip_rows=3) == load(tmp_path, CLEAN)


def test_points__beside_decimal_commas__are_asked_about(tmp_path: Path) -> None:
    text = "a;b\n1,5;1.234\n2,5;2.345\n3,5;999\n"
    with pytest.raises(
        DataError, match=r"'b': '1.234' may hold a decimal point or one between thousands, as 'a'"
    ):
        load(tmp_path, text)
    assert load(tmp_path, text, decimal=",")["b"] == [1234.0, 2345.0, 999.0]


@pytest.mark.parametrize("blank", [" ", "\u00a0", "'", "’"])
def test_thousands__by_blanks_or_apostrophes__are_numbers(tmp_path: Path, blank: str) -> None:
    with pytest.warns(DataWarning, match="commas, blanks or apostrophes between thousands"):
        assert load(tmp_path, f"a,b\nx,1{blank}234.5\ny,7\n")["b"] == [1234.5, 7.0]
    for phones in (["101 202", "303 404"], ["44 123 456", "1 555 123"]):
        assert load(tmp_path, f"a,b\nx,{phones[0]}\ny,{phones[1]}\n")["b"] == phones


def test_options__comment__keeps_lines_between_quotes(tmp_path: Path) -> None:
    text = 'a,b\n1,"x\n# y\nz"\n#gone\n2,15"\n#gone\n'
    with pytest.warns(DataWarning, match="left out as comments: 2 line"):
        assert load(tmp_path, text, comment="#")["b"] == ["x\n# y\nz", '15"']


@pytest.mark.parametrize(("text", "delimiter"), [("# a,b\n1,2\n3,4\n", None), ("# a b\n1 2\n3 4\n", " ")])
def test_options__comment_that_holds_the_names__is_the_header_if_told(
    tmp_path: Path, text: str, delimiter: str | None
) -> None:
    with pytest.raises(FileError, match=r"looks like the header of the rows below.*add header=True"):
        load(tmp_path, text, comment="#", delimiter=delimiter)
    assert load(tmp_path, text, comment="#", delimiter=delimiter, header=True) == {"a": [1, 3], "b": [2, 4]}

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from netable.config.reading import ReadOptions
from netable.errors import ConfigError, DataError, DataWarning, FileError, SchemaError
from netable.table.reading.read import read


@pytest.fixture
def csv(tmp_path: Path):
    """Read a CSV file of this text or these bytes."""

    def read_csv(content: str | bytes, *, columns: set[str] | None = None, **options: object) -> pa.Table:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(path, options=ReadOptions(**options), columns=columns)

    return read_csv


TABLE = {"a": [1.0, 2.0], "b": ["x", "y"]}


@pytest.mark.bad_input(1)
@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_file__1_empty__is_refused(csv, content: str) -> None:
    with pytest.raises(DataError, match=r"table\.csv: no data; the file is empty\.$"):
        csv(content)


@pytest.mark.bad_input(2)
@pytest.mark.parametrize("content", ["a,b\n", "a,b", "a;b\r\n"])
def test_file__2_header_only__is_refused(csv, content: str) -> None:
    with pytest.raises(DataError, match=r"table\.csv: 0 rows; there is a header, but no row below it"):
        csv(content)


@pytest.mark.bad_input(3)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encoding__3_byte_order_mark__is_not_data(csv, encoding: str) -> None:
    assert csv("a,b\n1,x\n2,y\n".encode(encoding)).to_pydict() == TABLE


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter__usual__is_found(csv, delimiter: str) -> None:
    assert csv("a,b\n1,x\n2,y\n".replace(",", delimiter)).to_pydict() == TABLE


@pytest.mark.parametrize("delimiter", [" ", ":"])
def test_delimiter__of_numbers__is_found(csv, delimiter: str) -> None:
    text = "a,b,c\n1,2,3\n".replace(",", delimiter)
    with pytest.warns(
        DataWarning, match=f"read with the delimiter '{delimiter}'; delimiter=… and quote=… say"
    ):
        assert csv(text).to_pydict() == {"a": [1.0], "b": [2.0], "c": [3.0]}


def test_delimiter__given__is_used(csv) -> None:
    assert csv("a~b\n1~x\n2~y\n", delimiter="~").to_pydict() == TABLE


def test_delimiter__between_decimal_commas__is_the_semicolon(csv) -> None:
    with pytest.warns(DataWarning, match="comma is read as the decimal mark in 'a'; 'b'"):
        assert csv("a;b\n1,5;2,5\n3,5;4,5\n").to_pydict() == {"a": [1.5, 3.5], "b": [2.5, 4.5]}


def test_delimiter__of_words_in_one_column__is_none(csv) -> None:
    text = "full name\nJohn Smith\nMary Jane\n"
    expected = {"full name": ["John Smith", "Mary Jane"]}
    assert csv(text, delimiter=",").to_pydict() == expected
    assert csv(text + "Bo\n").to_pydict() == expected | {"full name": [*expected["full name"], "Bo"]}
    assert csv(text).to_pydict() == expected


@pytest.mark.bad_input(4)
def test_delimiter__4_wrong__is_refused_with_a_guess(csv) -> None:
    with pytest.raises(
        FileError, match=r"one column, 'a;b', with the delimiter ','; is it ';'\? Use delimiter=…"
    ):
        csv("a;b\n1;2\n", delimiter=",")
    with pytest.raises(FileError, match=r"one column, 'text', with the delimiter ','; is it ';'\?"):
        csv("text\nhello; you\nfoo\nbar\nbaz\n")


def test_delimiter__single_column__is_read(csv) -> None:
    assert csv("a\n1\n\n2\n").to_pydict() == {"a": [1.0, None, 2.0]}
    assert csv('a\n"x, y"\n"z, w"\n').to_pydict() == {"a": ["x, y", "z, w"]}


@pytest.mark.bad_input(5)
def test_header__5_double_names__are_listed(csv) -> None:
    with pytest.raises(SchemaError, match=r"several are called 'a', 'b'\. Rename them"):
        csv("a,b,a,b,c\n1,2,3,4,5\n")


def test_header__names_that_differ_in_case__are_two(csv) -> None:
    assert csv("a,A\n1,2\n").column_names == ["a", "A"]


@pytest.mark.bad_input(6)
def test_rows__6_ragged__are_refused_with_their_lines(csv) -> None:
    expected = (
        r"2 row\(s\) do not fit the header's 3 columns \(missing columns and too many columns\), "
        r"lines 2, 4\. Correct them, or leave them out with bad_rows='skip'\."
    )
    with pytest.raises(FileError, match=expected):
        csv("a,b,c\n1,2\n1,2,3\n1,2,3,4\n1,2,3\n")


@pytest.mark.bad_input(6)
def test_rows__6_ragged_to_be_skipped__are_counted(csv) -> None:
    with pytest.warns(DataWarning, match=r"left out: 2 row\(s\) do not fit"):
        assert csv("a,b\n1\n1,x\n1,2,3\n2,y\n", bad_rows="skip").to_pydict() == TABLE


def test_rows__ragged_after_quoted_line_breaks__have_the_line_of_an_editor(csv) -> None:
    with pytest.raises(FileError, match="lines 5"):
        csv('\na,b\n"x\ny",2\n1\n3,4\n')


@pytest.mark.bad_input(7)
@pytest.mark.parametrize("bad_rows", ["error", "skip"])
def test_quotes__7_unclosed__are_refused_with_their_line(csv, bad_rows: str) -> None:
    with pytest.raises(FileError, match='line 3: a quote " is opened here and not closed'):
        csv('a,b\n1,x\n2,"y\n3,z\n4,w\n', bad_rows=bad_rows)


@pytest.mark.bad_input(8)
def test_newlines__8_mixed__are_handled(csv) -> None:
    assert csv('a,b\r\n1,x\n2,"y"\r\n').to_pydict() == TABLE
    assert csv("a,b\r1,x\r2,y").to_pydict() == TABLE


@pytest.mark.bad_input(8)
def test_nul__8_in_text__is_refused_with_its_line(csv) -> None:
    with pytest.raises(FileError, match=r"line 2: holds a NUL character.*encoding='utf-16-le'"):
        csv("a,b\n1,\0\n")


@pytest.mark.bad_input(9)
def test_encoding__9_korean__is_found(csv) -> None:
    with pytest.warns(DataWarning, match=r"not UTF-8, so read as cp949; .*encoding=… \(table\.csv\)"):
        table = csv("이름,나이\n김철수,30\n박영희,41\n".encode("cp949"))
    assert table.to_pydict() == {"이름": ["김철수", "박영희"], "나이": [30.0, 41.0]}


@pytest.mark.bad_input(9)
@pytest.mark.parametrize("text", ["Ärger", "Año", "naïve café", "Österreich"])
def test_encoding__9_western__is_not_korean(csv, text: str) -> None:
    with pytest.warns(DataWarning, match="read as cp1252"):
        assert csv(f"a,b\n1,{text}\n".encode("latin-1")).to_pydict() == {"a": [1.0], "b": [text]}


@pytest.mark.bad_input(9)
def test_encoding__9_given_or_broken__is_kept_strictly(csv) -> None:
    expected = r"line 2: expected utf-8, got the byte 0xc3 at offset 6\. Name the encoding, such as encoding="
    with pytest.raises(FileError, match=expected):
        csv("a,b\n1,Ä\n".encode()[:7] + b"\n", encoding="utf-8")
    with pytest.raises(FileError, match=r"line 2: expected utf-8, got the byte 0xff at offset 10"):
        csv("a,b\n한글".encode() + b"\xff,2\n")
    with pytest.raises(FileError, match="there is no encoding 'utf-9'; try utf-8 or cp949"):
        csv("a,b\n", encoding="utf-9")
    assert csv("a,b\n1,x\n2,y\n".encode("utf-16-le"), encoding="utf-16-le").to_pydict() == TABLE


@pytest.mark.bad_input(10)
def test_header__10_korean_names__are_kept(csv) -> None:
    assert csv("이름,값\nx,1\n").column_names == ["이름", "값"]


@pytest.mark.bad_input(11)
@pytest.mark.parametrize(
    "content", ["Report of May\na,b\n1,2\n3,4\n", "Report\nby us\n\na,b\n1,2\n3,4\n5,6\n", "a\n1,5\n2,5\n"]
)
def test_header__11_preamble__is_refused(csv, content: str) -> None:
    with pytest.raises(
        FileError, match=r"expected a header in line 1, got 1 field\(s\), .* most rows have 2 between"
    ):
        csv(content)


@pytest.mark.bad_input(11)
def test_header__11_twice__is_refused(csv) -> None:
    with pytest.raises(FileError, match="the header is repeated in the row below it"):
        csv("a,b\na,b\n1,2\n")


@pytest.mark.bad_input(12)
def test_gzip__12_bomb__is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netable.table.reading.formats.packed.UNPACKED_ALWAYS", 1000)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 5_000_000))
    with pytest.raises(FileError, match=r"bomb\.csv\.gz: unpacks to over 200 times its size"):
        read(path)


def test_gzip__cut_off__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n" * 99)[:-9])
    with pytest.raises(FileError, match=r"t\.csv\.gz: the gzip file is damaged or cut off"):
        read(path)


@pytest.mark.bad_input(19)
def test_cell__19_giant__is_refused(csv) -> None:
    with pytest.raises(FileError, match="larger than field limit"):
        csv('a,b\n1,"' + "x" * 200_000 + '"\n')
    with pytest.raises(FileError, match="line size over maximum"):
        csv("a,b\n1," + "x" * 3_000_000 + "\n")


@pytest.mark.bad_input(21)
def test_header__21_unnamed__is_numbered(csv) -> None:
    with pytest.warns(DataWarning, match="columns without a name are called 'column_1'; 'column_2'"):
        assert csv(", \n1,2\n").column_names == ["column_1", "column_2"]


@pytest.mark.bad_input(21)
def test_header__21_numbers__warns(csv) -> None:
    with pytest.warns(
        DataWarning, match=r"the header holds only numbers \(0, 1\); if they are data, use header=F"
    ):
        assert csv("0,1\n4.9,3.0\n").column_names == ["0", "1"]


def test_rows__text_far_down__makes_the_whole_column_text(csv) -> None:
    with pytest.warns(DataWarning, match=r"'a' \(1 of 30,001, such as 'oops' in row 30,001\)"):
        table = csv("a,b\n" + "1,2\n" * 30_000 + "oops,2\n")
    assert table.num_rows == 30_001
    assert table.schema.types == [pa.string(), pa.float64()]


def test_rows__ragged_far_down__has_its_line(csv) -> None:
    with pytest.raises(FileError, match="lines 300,002"):
        csv("a,b\n" + "1,2\n" * 300_000 + "1\n" + "1,2\n" * 300_000)


def test_cells__quoted_and_odd__are_kept(csv) -> None:
    text = 'a,b\n#1,"x, ""y"""\n"line\nbreak",NULL\n5" pipe,\\"\n'
    with pytest.warns(DataWarning, match="read as missing: 'b' 1 × 'NULL'"):
        table = csv(text)
    assert table.to_pydict() == {"a": ["#1", "line\nbreak", '5" pipe'], "b": ['x, "y"', None, '\\"']}


def test_cells__quoted_after_a_blank__are_kept(csv) -> None:
    assert csv('"a", "b"\n1, "x, y"\n2, "z\nw"\n').to_pydict() == {"a": [1.0, 2.0], "b": ["x, y", "z\nw"]}


def test_rows__extra_empty_field_at_the_end__is_no_data(csv) -> None:
    assert csv("a,b\n1,x,\n2,y\n").to_pydict() == TABLE


def test_header__quoted_line_break__is_one_name(csv) -> None:
    assert csv('"a\nb",c\n1,2\n').to_pydict() == {"a\nb": [1.0], "c": [2.0]}


def test_header__wide__is_read(csv) -> None:
    width = 300
    names = ",".join(f"x{i}" for i in range(width))
    assert csv(f"{names}\n{','.join(['1'] * width)}\n").num_columns == width


def test_header__too_wide__is_refused(csv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netable.table.reading.text.delimited.MOST_COLUMNS", 2)
    with pytest.raises(FileError, match=r"3 columns, and at most 2 are read from text\. Is it transposed"):
        csv("a,b,c\n1,2,3\n")


def test_columns__chosen__are_the_only_ones(csv) -> None:
    assert csv("a,b,c\n1,2,3\n", columns={"c", "a", "z"}).to_pydict() == {"a": [1.0], "c": [3.0]}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": ",,"}, "delimiter must be one character, such as ';'; got ',,'."),
        ({"decimal": ";"}, "decimal cannot be ';'"),
        ({"bad_rows": "ignore"}, "bad_rows cannot be 'ignore'"),
    ],
)
def test_options__not_possible__are_refused(options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        ReadOptions(**options)

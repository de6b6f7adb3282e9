from __future__ import annotations

from pathlib import Path

import pytest

from netable.config.reading import ReadOptions
from netable.errors import DataWarning, FileError
from netable.table.reading.read import read

EXPECTED = {"a": [1.0, 2.0, 3.0], "b": ["x", "y, z", "it's"]}


def load(folder: Path, content: str | bytes, **options: object) -> dict[str, list[object]]:
    (folder / "t.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    found: dict[str, list[object]] = read(folder / "t.csv", options=ReadOptions(**options)).to_pydict()
    return found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a~b\n1~x\n2~y, z\n3~it's\n", "the delimiter '~'"),
        ("a||b\n1||x\n2||y, z\n3||it's\n", r"neither a name nor a value|the delimiter '\|\|'"),
        ("a::b\n1::x\n2::y, z\n3::it's\n", "the delimiter '::'"),
        ('a, b\n1, x\n2, "y, z"\n3, it\'s\n', ""),
        ("a,b\n1,x\n2,'y, z'\n3,'it''s'\n", "the quote '"),
        ("'a','b'\n'1','x'\n'2','y, z'\n'3','it''s'\n", "the quote '"),
        ("a   b\n1   x\n2   y, z\n3   it's\n", "two blanks or more"),
        ('a , "b" \n1 , "x"\n2 ,"y, z" \n3, "it\'s"\n', ""),
        ("sep=;\na;b\n1;x\n2;y, z\n3;it's\n", ""),
    ],
)
def test_dialect__under_which_all_rows_are_even__is_found(tmp_path: Path, text: str, what: str) -> None:
    if not what:
        assert load(tmp_path, text) == EXPECTED
        return
    with pytest.warns(DataWarning, match=what):
        assert load(tmp_path, text) == EXPECTED


def test_dialect__backslash_before_quotes__is_found(tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match=r"the escape \\; delimiter=… and quote=… say otherwise"):
        found = load(tmp_path, 'a,b\n1,"say \\"hi\\", you"\n2,x\n')
    assert found == {"a": [1.0, 2.0], "b": ['say "hi", you', "x"]}
    with pytest.raises(FileError, match="backslashes stand before quotes and before other letters"):
        load(tmp_path, 'a,b\n1,"say \\"hi\\", \\n you"\n2,x\n')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b;c\nu,v;w\nx,y;z\n", "the delimiter ',' and the delimiter ';' both split every row evenly"),
        ('"a,b"\n"1,2"\n"3,4"\n', "every line is quoted as a whole"),
        ("“a”,“b”\n“1”,“x”\n", "its cells stand between the quotes “ and ”"),
        (
            "a,b\n1,x\n2,'it''s'\n",
            'some cells seem to stand between the quotes "\'". Choose: quote="\'", or quote=\'"\'',
        ),
        ('a,b\n1,x\n2,y"\n', "line 3: a quote \" ends the cell 'y\"', and none begins it"),
        ("a b\nx 1\nz 2\n", "one column, 'a b', with the delimiter ','; is it ' '"),
    ],
)
def test_dialect__in_doubt__is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        load(tmp_path, text)


def test_options__quote__is_obeyed(tmp_path: Path) -> None:
    assert load(tmp_path, "a,b\n1,x\n2,'it''s'\n", quote="'")["b"] == ["x", "it's"]
    assert load(tmp_path, "a,b\n1,x\n2,'it''s'\n", quote='"')["b"] == ["x", "'it''s'"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp932", "euc_jp"])
def test_encoding__that_can_be_told__is_found(tmp_path: Path, encoding: str) -> None:
    text = "なまえ,a\nさくら,1\nたかし,2\n"
    with pytest.warns(DataWarning, match=f"not UTF-8, so read as {encoding}; if words look wrong"):
        assert load(tmp_path, text.encode(encoding)) == {"なまえ": ["さくら", "たかし"], "a": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("text", "encoding"), [("имя,a\nПривет,1\n", "cp1251"), ("a,b\nŁódź,1\nŻółw,2\n", "cp1250")]
)
def test_encoding__that_cannot_be_told__is_asked_for(tmp_path: Path, text: str, encoding: str) -> None:
    with pytest.raises(FileError, match=r"not UTF-8, and its encoding is not known\. Name it, such as encod"):
        load(tmp_path, text.encode(encoding))
    assert load(tmp_path, text.encode(encoding), encoding=encoding)["a"] != []


def test_encoding__western_then_utf8__is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is not known"):
        load(tmp_path, "a,b\ncafé,1\nnaïve,2\nMüller,3\n".encode("latin-1") + "é,4\n".encode())


@pytest.mark.parametrize("line", ["sep=;", "SEP=;", '"sep=;"'])
@pytest.mark.parametrize("delimiter", [None, ";"])
def test_line_of_excel__is_no_header(tmp_path: Path, line: str, delimiter: str | None) -> None:
    assert load(tmp_path, f"{line}\na;b\n1;x\n", delimiter=delimiter) == {"a": [1.0], "b": ["x"]}


@pytest.mark.parametrize(
    "cells", [["“a, b”", "“c”"], ["", "«x»", "", ""], ["it's", "'hi'", "you're"], ["'hi, you'", "x"]]
)
def test_quotes__of_the_text__are_kept(tmp_path: Path, cells: list[str]) -> None:
    lines = [f'{i},"{cell}"' if "," in cell else f"{i},{cell}" for i, cell in enumerate(cells)]
    assert load(tmp_path, "\n".join(["a,b", *lines]))["b"] == [cell or None for cell in cells]


@pytest.mark.parametrize("cells", [['15"', '15"'], ["5'11\"", "6'"], ['15"', "big"]])
def test_quotes__behind_digits__are_inches(tmp_path: Path, cells: list[str]) -> None:
    assert load(tmp_path, f"a,b\nx,{cells[0]}\ny,{cells[1]}\n")["b"] == cells


def test_quotes__with_blanks_in_a_row_that_is_ragged__are_not_rewritten(tmp_path: Path) -> None:
    text = 'a,b\n1,2,3\n4, "x"\n5,"say ""hi"" , you"\n'
    with pytest.warns(DataWarning, match="left out: 1 row"):
        assert load(tmp_path, text, bad_rows="skip")["b"][-1] == 'say "hi" , you'


@pytest.mark.parametrize("text", ["Il a été déçu du modèle", "été", "ÉTÉ", "«CAFÉ»", "5à7", "Ø25", "það"])
def test_encoding__western_words_of_few_letters__are_western(tmp_path: Path, text: str) -> None:
    with pytest.warns(DataWarning, match="not UTF-8, so read as cp1252"):
        assert load(tmp_path, f"a,y\n{text},1\n".encode("cp1252"))["a"] == [text]

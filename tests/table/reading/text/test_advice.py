"""The advice about delimited text, executed: following it, step by step, ends in the table."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from advice import Case, advice, check_complete, follow
from netable.config.reading import ReadOptions
from netable.config.settings import SETTINGS
from netable.config.typed import as_options
from netable.errors import UserError
from netable.table.reading.read import read
from netable.table.reading.stream import TableStream

ROWS = "".join(f"n{i},{i},{i / 2}\n" for i in range(1, 9))
NUMBERS = "".join(f"{i},{2 * i},{i / 2}\n" for i in range(1, 9))
# No text is known that DuckDB and Python split into different rows.
_NEVER = "its quotes are not valid CSV"
MESSAGES = advice("table/reading/text", besides=[_NEVER])
TABLE = "name,count,size\n" + ROWS
# The option after the option that is followed; longer names first.
_OPTION = re.compile(r"--((?:no-)?[a-z]+(?:-[a-z]+)*)(?: ('[^']+'|\"[^\"]+\"|[^\s;.,]+|[.,]))?")
_FLAGS = ("header", "no-header")


def followed(message: str, preferred: str) -> dict[str, Any]:
    """The options of one piece of advice, with their values."""
    for name, value in _OPTION.findall(as_options(message)):
        if name == preferred and name in _FLAGS:
            return {"header": name == "header"}
        if name == preferred:
            setting = SETTINGS[name.replace("-", "_")]
            return {setting.name: setting.parse(value.strip("'\""))}
    raise AssertionError(f"no --{preferred} in: {message}")


@pytest.mark.parametrize(
    ("text", "advice", "n_rows"),
    [
        ("Report of May\n" + TABLE, ["skip-rows"], 8),
        ("\n\nReport of May\n" + TABLE, ["skip-rows"], 8),
        ("Report\nof May\n\n" + TABLE, ["skip-rows"], 8),
        ("Report of May\n" + NUMBERS, ["skip-rows", "no-header"], 8),
        ("# made by hand\n" + TABLE, ["skip-rows"], 8),
        (NUMBERS, ["no-header"], 8),
        (TABLE + TABLE, ["bad-rows"], 16),
        (TABLE + "Total,36,18\n", ["bad-rows"], 8),
        (TABLE + "Total,36,18\n", ["header"], 9),
        (TABLE + "Source: the office,,\n", ["bad-rows"], 8),
        ("name,count,size\n,kg,cm\n" + ROWS, ["bad-rows"], 8),
        ("name,count,size\n---,---,---\n" + ROWS, ["bad-rows"], 8),
        (TABLE + "n9,9\n", ["bad-rows"], 8),
        (TABLE + "# checked,x,x\n", ["comment"], 8),
        ("# name,count,size\n" + ROWS, ["comment", "header"], 8),
        ('a;b\n"1,234";x\n"2,345";y\n', ["decimal"], 2),
        ("a;b\n1,5;1.234\n2,5;2.345\n", ["decimal"], 2),
    ],
)
def test_advice__followed_step_by_step__ends_in_the_table(
    tmp_path: Path, text: str, advice: list[str], n_rows: int
) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    options: dict[str, Any] = {}
    for option in advice:
        with pytest.raises(UserError) as caught:
            read(tmp_path / "t.csv", options=ReadOptions(**options))
        options |= followed(str(caught.value), option)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert read(tmp_path / "t.csv", options=ReadOptions(**options)).num_rows == n_rows


def test_advice__line_above_and_told_that_there_is_no_header__skips_that_line_only(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Report of May\n" + NUMBERS)
    with pytest.raises(UserError, match=r"expected a row in line 1, got 1 .*skip_rows=1, "):
        read(tmp_path / "t.csv", options=ReadOptions(header=False))
    with pytest.warns(UserWarning, match="columns without a name"):
        assert read(tmp_path / "t.csv", options=ReadOptions(header=False, skip_rows=1)).num_rows == 8


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1.0]}), sink)
    return sink.getvalue().to_pybytes()


def table(text: str | bytes, **options: Any) -> pa.Table:
    """Write a file, and read it."""
    Path("t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netable.table.reading.text.delimited.MOST_COLUMNS", 4)
        return read("t.csv", options=ReadOptions(**options))


def in_blocks(text: bytes, **options: Any) -> None:
    """Write a file, and read it in blocks of a few rows."""
    Path("t.csv").write_bytes(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netable.table.reading.text.blocks.BLOCK", 400)
        list(TableStream(["t.csv"], ReadOptions(**options)).pieces())


ABOVE = "Report\nMay\n\n" + TABLE
CASES = [
    Case(
        "if words look wrong, name the encoding",
        table,
        {"text": "a,b\n1,caf\xe9\n".encode("cp1252")},
        [{"encoding": "cp1252"}, {"encoding": "latin-1"}],
    ),
    Case(
        "try utf-8 or cp949",
        table,
        {"text": TABLE, "encoding": "utf-9"},
        [{"encoding": "utf-8"}, {"encoding": "cp949"}],
    ),
    Case(
        "got the byte 0x{} at offset {}",
        table,
        {"text": "이름,값\n부산,1\n".encode("cp949"), "encoding": "utf-8"},
        [{"encoding": "cp949"}],
    ),
    Case(
        "got the byte 0x{} at offset {}",
        table,
        {"text": "a,b\ncaf\xe9 cr\xe8me,1\n".encode("cp1252"), "encoding": "cp949"},
        [{"encoding": "cp1252"}],
    ),
    Case(
        "if it is UTF-16, use",
        table,
        {"text": "도시이름은부산,값\n도시이름은부산,서울\n".encode("utf-16-le")},
        [{"encoding": "utf-16-le"}],
    ),
    Case(
        "and its encoding is not known",
        table,
        {"text": "имя,a\nПривет,1\n".encode("cp1251")},
        [{"encoding": "cp1251"}],
    ),
    Case(
        "Name the encoding of the whole file",
        in_blocks,
        {"text": b"n,x\n" + b"1,a\n" * 200 + b"1,\xe9\n"},
        [{"encoding": "latin-1"}],
    ),
    Case(
        "otherwise use header=False",
        table,
        {"text": "# name,count,size\n" + ROWS, "comment": "#"},
        [{"header": True}, {"header": False}],
    ),
    Case(
        "Is it transposed?",
        table,
        {"text": "a,b,c,d,e\n1,2,3,4,5\n"},
        [{"text": "a\n1\n2\n3\n4\n"}, {"text": parquet()}],
    ),
    Case(
        "Double the quotes within quotes",
        table,
        {"text": 'a,b\n"x \\" \\n",1\n'},
        [{"text": 'a,b\n"x "" \\n",1\n'}],
    ),
    Case("Remove the outer quotes", table, {"text": '"a,""b"""\n"1,""2"""\n'}, [{"text": 'a,"b"\n1,"2"\n'}]),
    Case(
        "Close it, or double the quotes",
        table,
        {"text": 'a,b\n1,x\n2,"y\n3,z\n'},
        [{"text": 'a,b\n1,x\n2,"y"\n3,z\n'}, {"text": 'a,b\n1,x\n2,"""y"\n3,z\n'}],
    ),
    Case(
        "Correct them, or leave them out",
        table,
        {"text": TABLE + "n9,9\n"},
        [{"bad_rows": "skip"}, {"text": TABLE + "n9,9,9\n"}],
    ),
    Case(
        "read with {}; delimiter=… and quote=… say otherwise",
        table,
        {"text": "a~b\n1~2\n3~4\n"},
        [{"delimiter": "~"}, {"delimiter": "~", "quote": '"'}],
    ),
    Case(
        "Choose one with", table, {"text": "a,b;c\nu,v;w\nx,y;z\n"}, [{"delimiter": ","}, {"delimiter": ";"}]
    ),
    Case(
        "Write it with those",
        table,
        {"text": "“a”,“b”\n“1”,“x”\n"},
        [{"text": '"a","b"\n"1","x"\n'}, {"quote": '"'}],
    ),
    Case("Choose: quote={}, or", table, {"text": "a,b\n1,x\n2,'it''s'\n"}, [{"quote": "'"}, {"quote": '"'}]),
    Case("if they are data, use header=False", table, {"text": "0,1\n4.9,3.0\n"}, [{"header": False}]),
    Case(
        "Remove one of them, or use header=True",
        table,
        {"text": "a,b\na,b\n1,2\n"},
        [{"text": "a,b\n1,2\n"}, {"header": True}],
    ),
    Case("Leave out the lines above the table with", table, {"text": ABOVE}, [{"skip_rows": 3}]),
    Case(
        "name every column, or set",
        table,
        {"text": ABOVE},
        [{"skip_rows": 3}, {"text": "name,count,size\n" + ROWS}],
    ),
    Case("or set delimiter=…", table, {"text": "x!y\n1,5!2,5\n3,5!4,5\n5,5!6,5\n"}, [{"delimiter": "!"}]),
    Case(
        "Remove the lines above the table",
        table,
        {"text": "Report\na,b\n1,2\n3,4\n5\n6,7\n8,9\n"},
        [{"text": "a,b\n1,2\n"}],
    ),
    Case(
        "put quotes around texts that contain one",
        table,
        {"text": "a b\nx 1\nz 2\n"},
        [{"delimiter": " "}, {"text": '"a b"\n"x 1"\n"z 2"\n'}],
    ),
    Case(
        "and none begins it. Remove it",
        table,
        {"text": 'a,b\n1,x\n2,y"\n'},
        [{"text": "a,b\n1,x\n2,y\n"}, {"text": 'a,b\n1,x\n2,"y"""\n'}, {"header": True}],
    ),
    Case(
        "if they are comments, use comment='#'",
        table,
        {"text": "tag,n\n# foo,1\nbar,2\n"},
        [{"comment": "#"}],
    ),
    Case(
        "if another table begins there, split the file",
        table,
        {"text": "a,b\nx,y\nz,w\n\nu,v\n"},
        [{"text": "a,b\nx,y\nz,w\n"}],
    ),
    Case("If it is a row of the table, use", table, {"text": TABLE + "Total,36,18\n"}, [{"header": True}]),
    Case(
        "Delete this line, or leave out such rows",
        table,
        {"text": TABLE + "Total,36,18\n"},
        [{"text": TABLE}, {"bad_rows": "skip"}, {"header": True}],
    ),
    Case(
        "If the names are further down",
        table,
        {"text": "x,,\n" + TABLE},
        [{"skip_rows": 1}, {"text": "x,y,z\n" + ROWS}, {"header": True}],
    ),
    Case("If it is data, use", table, {"text": NUMBERS}, [{"header": False}, {"header": True}]),
    Case(
        "Leave comments out with comment='#'; if it is",
        table,
        {"text": "# name,count,size\n" + ROWS},
        [{"header": True}, {"header": True, "comment": "#"}],
    ),
    Case(
        "Leave comments out with comment='#'. {}",
        table,
        {"text": TABLE + "# checked,x,x\n"},
        [{"comment": "#"}, {"header": True}],
    ),
    Case(
        "if another table begins, split the file",
        table,
        {"text": TABLE + TABLE},
        [{"text": TABLE}],
    ),
    Case(
        "is this a second header",
        table,
        {
            "text": "name,count,size,age\nwho,how many,how long,how old\n"
            + "".join(f"n{i},{i},{i},{i}\n" for i in range(9))
        },
        [{"skip_rows": 1}, {"na_values": ("how many", "how long", "how old")}, {"header": True}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed_once__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

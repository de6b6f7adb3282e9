"""The advice in errors of reading, executed: following it, step by step, ends in the table."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from netable.config.reading import ReadOptions
from netable.config.settings import SETTINGS
from netable.config.typed import as_options
from netable.errors import UserError
from netable.table.reading.read import read

ROWS = "".join(f"n{i},{i},{i / 2}\n" for i in range(1, 9))
NUMBERS = "".join(f"{i},{2 * i},{i / 2}\n" for i in range(1, 9))
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

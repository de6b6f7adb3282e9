from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ejected import script_of
from export_cases import COLUMNS, MOMENTS, Column, column_of
from netable.config.exports import ExportSettings
from netable.deploy.torch.columns import encode_section, level_texts
from netable.deploy.torch.script import script


def encoded(column: Column, cells: list[Any], folder: Path) -> np.ndarray[Any, Any]:
    """What a script makes of cells: (rows, numbers and codes)."""
    inputs, encoder = (column.input,), column.encoder
    constants = {
        "MISSING": 'MISSING = {"", "NA"}',
        "MISSING_NUMBERS": 'MISSING_NUMBERS = {"", "NA", "-"}',
        "LEVELS": f"LEVELS = {level_texts(inputs, encoder)!r}",
    }
    (folder / "model.py").write_text(
        script("One column.", constants, [encode_section(inputs, encoder)]), "utf-8"
    )
    found = [part.numpy() for part in script_of(folder).encode({"c": cells})]
    if encoder.d_num:
        found[0] = found[0] - encoder.offsets
    return np.concatenate(found, 1)


@pytest.mark.parametrize(
    ("training", "kind", "cells"),
    [
        *COLUMNS,
        (["1.5", "NA", "2"], "number", ["", "NA", " 7 ", "-", "1e-3", "+5"]),
        (["$ 1,234.50", "$ 7.25"], "number", ["$ 1,234.50", "$7", "-$5.5", "$ -6"]),
        (["20.5%", "7%"], "number", ["20.5 %", "7%", "-1%", ""]),
        (["1.234,5", "0,25"], "number", ["1.234,5", "-0,25", "7", "(3,5)", "3,5-", "−2", "1 234,5"]),
        (["1,234.5", "0.25"], "number", ["1,234.5", "'", "12'345.5"][::2]),
        (["1:02:03", "0:00:10", "2 days 01:00:00"], "number", ["1:02:03", "3 days, 0:00:01.5", "-0:00:01"]),
        (["True", "false"], "flag", ["TRUE", "0", "1.0", ""]),
        (["ΟΔΟΣ", "İ"], "flag", ["οδοσ", "οδος", "i", "İ"]),
        (["a", "b", None], "category", ["a", "c", None, "A", "NA", "", " b", "a\r"]),
        (["1", "b", "c\nd"], "category", ["1.0", "1", "b", "01", "c\r\nd"]),
        (MOMENTS[:2], "flag", [*MOMENTS, datetime(2020, 1, 2)]),
        (["2020-01-01", "2020-02-29"], "date", ["1999-12-31", "1900-03-01", "", "-", "NA"]),
        (["2020-01-01T10:00:00+09:00", "2020-02-29 11:30Z"], "date", ["1999-12-31T23:59:59.5-05:30"]),
        (["28/02/2011", "1/3/2011 15:04"], "date", ["28/02/2011", "1.12.2012", "02-03-2012 04:05:06"]),
        (["02/28/2011", "3/1/2011"], "date", ["02/28/2011", "12.1.2012"]),
        (["20110201", "20110301", "20110315", "20110401"], "date", ["20110201", "20991231"]),
        (["1|2|2011", "28|2|2011"], "date:%d|%m|%Y", ["1|2|2011", "03|12|1999"]),
        (
            ["Running in the rain", "rain, runs & RUNNER", "서울에서 만나요", "서울 비"],
            "text",
            [
                "running, Rain!",
                "ＲＵＮ run",
                "서울은",
                "",
                None,
                "ΟΔΟΣ \x0b İ",
                "x" * 50,
                "a" * 11_000 + " rain",
            ],
        ),
    ],
)
def test_encode__column__is_as_the_encoder_has_it(
    training: list[Any], kind: str, cells: list[Any], tmp_path: Path
) -> None:
    column = column_of(training, kind, cells, ExportSettings("torch", dates="iso"))

    np.testing.assert_array_equal(encoded(column, cells, tmp_path), column.expected)

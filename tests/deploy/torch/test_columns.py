from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ejected import script_of
from netable.config.exports import ExportSettings
from netable.config.reading import ReadOptions
from netable.deploy.contract.inputs import inputs_of
from netable.deploy.torch.columns import encode_section, level_texts
from netable.deploy.torch.script import script
from netable.errors import DataWarning, silence
from netable.table.encode import Encoder
from netable.table.reading.read import read
from netable.table.schema import Schema


def encoded(training: list[Any], kind: str, cells: list[Any], folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """What a script and the encoder make of cells, for a column that was trained on others: (rows, …) each."""
    with silence(DataWarning):
        table = read(pa.table({"c": training}), options=ReadOptions(kinds={"c": kind}))
        schema, selected = Schema.infer(table, kinds={"c": kind})
        encoder = Encoder.learn(schema, selected)
        later = read(pa.table({"c": pa.array(cells, pa.array(training).type)}), storage=schema.storage)
        expected = encoder.encode(schema.select(later), np.float64)
    inputs = inputs_of(schema, ExportSettings("torch", dates="iso"))
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
    wanted = [part for part in (expected.numbers, expected.codes) if part.shape[1]]
    return np.concatenate(found, 1), np.concatenate(wanted, 1)


MOMENTS = [datetime(2020, 1, 1), datetime(2021, 5, 6, 7, 8, 9, 1000), None]
YEARS = [datetime(1600, 2, 27) + timedelta(days=97 * i, hours=i) for i in range(1600)]


@pytest.mark.parametrize(
    ("training", "kind", "cells"),
    [
        ([1.5, -2.0, None, 1e9], "number", [None, 0.0, -1e300, 1e300, 5e-324]),
        ([1e9 + 1, 1e9 + 2, 1e9 + 3], "number", [1e9 + 2.5, None]),
        (["1.5", "NA", "2"], "number", ["", "NA", " 7 ", "-", "1e-3", "+5"]),
        (["$ 1,234.50", "$ 7.25"], "number", ["$ 1,234.50", "$7", "-$5.5", "$ -6"]),
        (["20.5%", "7%"], "number", ["20.5 %", "7%", "-1%", ""]),
        (["1.234,5", "0,25"], "number", ["1.234,5", "-0,25", "7", "(3,5)", "3,5-", "−2", "1 234,5"]),
        (["1,234.5", "0.25"], "number", ["1,234.5", "'", "12'345.5"][::2]),
        (["1:02:03", "0:00:10", "2 days 01:00:00"], "number", ["1:02:03", "3 days, 0:00:01.5", "-0:00:01"]),
        ([True, False], "flag", [True, None, False]),
        (["True", "false"], "flag", ["TRUE", "0", "1.0", ""]),
        ([0.0, 1.0], "flag", [0.0, 1.0, 7.0, None]),
        ([5.0, 7.5], "flag", [5.0, 7.5, 6.0, None]),
        (["yes", "no"], "flag", ["YES", "No", "maybe", None, "yes "]),
        (["straße", "kalt"], "flag", ["STRAẞE", "\N{KELVIN SIGN}alt", "Strasse"]),
        (["ΟΔΟΣ", "İ"], "flag", ["οδοσ", "οδος", "i", "İ"]),
        (["a", "b", None], "category", ["a", "c", None, "A", "NA", "", " b", "a\r"]),
        (["1", "b", "c\nd"], "category", ["1.0", "1", "b", "01", "c\r\nd"]),
        ([1.0, 2.5, -0.0], "category", [1.0, 2.5, 0.0, 3.0, None]),
        ([True, False], "category", [True, False, None]),
        (MOMENTS, "category", [*MOMENTS, datetime(2020, 1, 2)]),
        (MOMENTS[:2], "flag", [*MOMENTS, datetime(2020, 1, 2)]),
        (MOMENTS, "date", [*MOMENTS, *YEARS, datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)]),
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
    found, expected = encoded(training, kind, cells, tmp_path)

    np.testing.assert_array_equal(found, expected)

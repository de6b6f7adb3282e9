from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest

from netable.errors import DataWarning, FileError
from netable.table.reading.read import ReadOptions, read

FRAME = pd.DataFrame(
    {"n": [1.5, None, 99.0], "k": [2, 1, 2], "s": ["a", "", "한글"], "d": [date(2020, 1, 2)] * 3}
)
WRITE = {".sav": pyreadstat.write_sav, ".dta": pyreadstat.write_dta}


def categories(table: pa.Table, name: str) -> list[str | None]:
    assert pa.types.is_dictionary(table.schema.field(name).type)
    return table[name].to_pylist()


@pytest.mark.parametrize("ending", WRITE)
def test_labels__of_values__become_categories(tmp_path: Path, ending: str) -> None:
    WRITE[ending](FRAME, tmp_path / f"t{ending}", variable_value_labels={"k": {1: "yes", 2: "no"}})

    assert categories(read(tmp_path / f"t{ending}"), "k") == ["no", "yes", "no"]


def test_labels__of_most_values__leave_the_others_as_they_are(tmp_path: Path) -> None:
    pyreadstat.write_sav(FRAME, tmp_path / "t.sav", variable_value_labels={"k": {1: "yes"}})

    with pytest.warns(DataWarning, match=r"values without a label are categories of their own: 'k' 2$"):
        assert categories(read(tmp_path / "t.sav"), "k") == ["2", "yes", "2"]


def test_labels__of_few_values__leave_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"age": [30.0, 41.0, 52.0, 99.0]})
    pyreadstat.write_dta(frame, tmp_path / "t.dta", variable_value_labels={"age": {99: "refused"}})

    with pytest.warns(
        DataWarning, match=r"kept as numbers, because most of their values .*'age' \(99 = 'refused'\)$"
    ):
        assert read(tmp_path / "t.dta").to_pydict() == {"age": [30.0, 41.0, 52.0, 99.0]}


def test_missing__by_the_owner_of_an_spss_file__is_missing(tmp_path: Path) -> None:
    pyreadstat.write_sav(FRAME, tmp_path / "t.sav", missing_ranges={"n": [99], "k": [{"lo": 2, "hi": 9}]})

    table = read(tmp_path / "t.sav")

    assert table["n"].to_pylist() == [1.5, None, None]
    assert table["k"].to_pylist() == [None, 1.0, None]


def test_columns__chosen__are_read_alone(tmp_path: Path) -> None:
    pyreadstat.write_sav(FRAME, tmp_path / "t.sav")

    assert read(tmp_path / "t.sav", columns=["s", "absent"]).to_pydict() == {"s": ["a", None, "한글"]}
    assert read(tmp_path / "t.sav", columns=["absent"], storage={}).num_columns == 0


def test_encoding__of_an_old_file__can_be_named(tmp_path: Path) -> None:
    pyreadstat.write_dta(
        FRAME[["s"]], tmp_path / "t.dta", version=8
    )  # which has UTF-8 in spite of its version

    assert read(tmp_path / "t.dta", options=ReadOptions(encoding="UTF-8"))["s"].to_pylist() == [
        "a",
        None,
        "한글",
    ]


@pytest.mark.bad_input(130)
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "t.sav",
            b"hello" * 50,
            r"t\.sav: expected an SPSS file because of its name, but it does not start like one",
        ),
        ("t.sav", None, r"t\.sav: a damaged, cut-off or unsupported file \("),
        (
            "t.sas7bdat",
            bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011"),
            "a damaged, cut-off",
        ),
    ],
)
def test_file__130_wrong_or_cut_off__is_refused(
    tmp_path: Path, name: str, content: Any, message: str
) -> None:
    pyreadstat.write_sav(FRAME, tmp_path / "whole")
    (tmp_path / name).write_bytes(content or (tmp_path / "whole").read_bytes()[:300])

    with pytest.raises(FileError, match=message):
        read(tmp_path / name)

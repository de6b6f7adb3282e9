from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pytest

from benchmarks.pollution.run import (
    MISREAD,
    NOTED,
    REFUSED,
    RIGHT,
    WRONG_REASON,
    files,
    kinds,
    means,
    measure,
    outcome,
    summary,
)
from benchmarks.pollution.tables import Table, tables

# Of all files; more is better, and less is a step back.
LEAST_RIGHT = 490
MOST_WRONG_REASONS = 10
MOST_NOTED = 11
EVERY = 23


def test_kinds__names__are_each_there_once() -> None:
    names = [(kind.group, kind.name) for kind in kinds()]

    assert len(names) == len(set(names)) > 120


def test_tables__twice__are_the_same() -> None:
    assert tables() == tables()


def test_means__other_cells_rows_or_names__is_not_the_table() -> None:
    truth = Table("t", ["a", ""], [["1", "x"], ["", "yes"]])

    assert means(pa.table({"a": [1.0, None], "column_2": ["x", "yes"]}), truth, names_matter=True)
    assert not means(pa.table({"a": [1.0, 2.0], "b": ["x", "yes"]}), truth, names_matter=True)
    assert not means(pa.table({"a": [1.0], "b": ["x"]}), truth, names_matter=True)
    assert not means(pa.table({"c": [1.0, None], "b": ["x", "yes"]}), truth, names_matter=True)
    assert means(pa.table({"c": [1.0, None], "b": ["x", "yes"]}), truth, names_matter=False)


def test_read__sample_of_broken_files__misreads_none(tmp_path: Path) -> None:
    found = {
        f"{file.kind.group}: {file.kind.name} × {file.table}": outcome("netable", file, tmp_path / "t.csv")[0]
        for file in islice(files(), 0, None, EVERY)
    }

    assert not [name for name, each in found.items() if each == MISREAD]
    assert {RIGHT, REFUSED} <= set(found.values())


def test_read__ordinary_files_that_look_odd__are_right(tmp_path: Path) -> None:
    found = {file.kind.name: outcome("netable", file, tmp_path / "t.csv") for file in files("^valid: ")}

    assert len(found) > 30
    assert {name: each for name, each in found.items() if each[0] != RIGHT} == {}


@pytest.mark.slow
def test_read__all_broken_files__misreads_none_and_loads_no_fewer_than_before() -> None:
    measured = measure(["netable"])["netable"]
    counts = Counter(each for _, each, _ in measured)

    assert counts[MISREAD] == 0, [
        f"{file.kind.name} × {file.table}" for file, each, _ in measured if each == MISREAD
    ]
    assert counts[NOTED] <= MOST_NOTED
    assert counts[RIGHT] >= LEAST_RIGHT
    assert counts[WRONG_REASON] <= MOST_WRONG_REASONS


def test_summary__some_files__counts_them() -> None:
    text = summary(measure(["netable", "pandas"], "a name twice"))

    assert "| netable | 0 | 7 | 0 | 0 | 0 |" in text
    assert "| headers: a name twice | 0 / 7 / 0 / 0 |" in text

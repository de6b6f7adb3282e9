"""The advice of messages about tables that are in memory; `reading/test_advice.py` has that about files."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from advice import Case, advice, check_complete, follow
from netable.config.reading import ReadOptions
from netable.config.settings import Settings
from netable.fit.preparation.prepare import prepare
from netable.table.canonical.forms import form_of, join
from netable.table.canonical.storage import storage_of
from netable.table.reading.read import read
from netable.table.target import Target
from netable.table.target_values import labelled

MESSAGES = [m for m in advice("table", besides=["set to {}"]) if not m.file.startswith("table/reading/")]
ROWS = 24
A = [float(i % 7) + i / 8 for i in range(ROWS)]
Y = [float(i) + 0.5 for i in range(ROWS)]


def reading(**given: Any) -> pa.Table:
    """Read columns; settings among them are options."""
    options = {name: given.pop(name) for name in ("decimal", "kinds") if name in given}
    stored = given.pop("storage", None)
    return read(given, options=ReadOptions(**options), storage=stored)


def preparing(weight: Any = None, y: Any = Y, a: Any = A, b: Any = (), **settings: Any) -> None:
    """Read columns a, b and y, and prepare them for training."""
    columns = {"a": a, "b": b, "y": y} if len(b) else {"a": a, "y": y}
    config = Settings(**{"target": "y", "folds": 2} | settings)
    table, weight = labelled(read(columns), config, weight)
    prepare(table, config, None, weight, None)


def noting(y: Any, task: str = "auto") -> None:
    """The note on a target, as a warning."""
    warnings.warn(Target.infer(read({"y": y}), "y", task).note or "none", stacklevel=2)


def late(**given: Any) -> pa.Table:
    """Columns for a model that was trained on amounts in dollars."""
    learned = read({"x": ["$1.5", "$2", "$3"]})
    return read(given, storage={"x": join("number", form_of(learned, "x"))})


def with_index(**given: Any) -> pa.Table:
    """A file whose columns have these names."""
    Path("t.csv").write_text("\n".join([given["names"], "1,2", "3,4"]), encoding="utf-8")
    return read("t.csv")


def some(value: Any, places: tuple[int, ...] = (3,), others: Any = Y) -> list[Any]:
    """The others, with the value at some places."""
    return [value if i in places else other for i, other in enumerate(others)]


MANY = [float(i) for i in range(150)]
LISTS = pa.array([[1.0]] * ROWS)
HANDFUL = some("oops", others=[str(y) for y in Y])
CASES = [
    Case(
        "put a letter before each",
        reading,
        {"x": [2**60, 2**60 + 1]},
        [{"x": [f"n{2**60}", f"n{2**60 + 1}"]}],
    ),
    Case("put a letter before each", reading, {"x": [f"{2**60}", "1"]}, [{"x": [f"n{2**60}", "n1"]}]),
    Case(
        "Use another column, or turn it into such ones first",
        preparing,
        {"y": LISTS},
        [{"target": "a", "b": A}, {"y": Y}],
    ),
    Case("because it was decoded wrongly; correct it", reading, {"x": ["a\ud800", 1]}, [{"x": ["aé", 1]}]),
    Case("Write them with the unit, or train again", late, {"x": [1.5, 2.0]}, [{"x": ["$1.5", "$2"]}]),
    Case("{} is {} or {}. Choose the mark", reading, {"x": ["1,234"]}, [{"decimal": ","}, {"decimal": "."}]),
    Case(
        "as {} has decimal commas. Choose the mark",
        reading,
        {"x": ["1,5", "2,5"], "z": ["1.234", "2.345"]},
        [{"decimal": ","}, {"decimal": "."}],
    ),
    Case(
        "Write them all in UTC",
        reading,
        {"x": ["2020-01-01T10:00+02:00", "2020-01-01T10:00"]},
        [{"x": ["2020-01-01T08:00Z", "2020-01-01T10:00Z"]}],
    ),
    Case(
        "If this file is written differently, use decimal=…",
        reading,
        {"x": ["1,5", "1.234,5", "2.5"], "storage": {"x": "number, decimal comma"}},
        [{"x": ["1.5", "2.5"], "decimal": "."}],
    ),
    Case(
        "pass the table through read first",
        storage_of,
        {"data": pa.chunked_array([[1]]), "name": "x"},
        [{"data": reading(x=[1])["x"]}],
    ),
    Case("decimal='.' overrides this", reading, {"x": ["1,5", "2,25"]}, [{"decimal": "."}]),
    Case(
        "to use the numbers, remove them",
        reading,
        {"x": ["1 kg", "2 g", "3 kg", "4 g"]},
        [{"x": ["1", ".002", "3", "4"]}],
    ),
    Case(
        "cannot be read with certainty; write 2011-02-01",
        reading,
        {"x": ["13.2.11", "3.4.11"]},
        [{"x": ["2011-02-13 00:00:00", "2011-04-03"]}, {"kinds": {"x": "date:%d.%m.%y"}}],
    ),
    Case(
        "day and month cannot be told apart; write 2011-02-01",
        reading,
        {"x": ["1.2.2011", "3.4.2011"]},
        [{"x": ["2011-02-01", "2011-04-03"]}, {"kinds": {"x": "date:%d.%m.%Y"}}],
    ),
    Case("several are called", with_index, {"names": "a,a"}, [{"names": "a,b"}]),
    Case(
        "leave the cells empty or give finite numbers",
        preparing,
        {"a": some(np.inf)},
        [{"a": some(None)}, {"a": A}],
    ),
    Case("Set the kind of a useful one", preparing, {"a": ["same"] * ROWS}, [{"kinds": {"a": "category"}}]),
    Case("Add a column of numbers", preparing, {"a": LISTS}, [{"b": A}]),
    Case(
        "Add a column of numbers", preparing, {"ignore_columns": ("a",)}, [{"b": A}, {"ignore_columns": ()}]
    ),
    Case("set its kind", preparing, {"b": ["same"] * ROWS}, [{"kinds": {"b": "category"}}]),
    Case("turn it into such values", preparing, {"b": LISTS}, [{"b": [1.0, 2.0] * 12}]),
    Case(
        "counts them as missing",
        preparing,
        {"b": HANDFUL},
        [{"b": Y}, {"kinds": {"b": "number"}}, {"kinds": {"b": "category"}}],
    ),
    Case(
        "give one of the two columns",
        preparing,
        {"b": [i % 4 for i in range(ROWS)], "group_column": "b", "time_column": "a"},
        [{"group_column": None}, {"time_column": None}],
    ),
    Case(
        "rows cannot be split into {} parts",
        preparing,
        {"a": A[:3], "y": Y[:3], "folds": 4},
        [{"folds": 2}, {"a": A, "y": Y}],
    ),
    Case(
        "the only row of a class is never one",
        preparing,
        {"a": A[:3], "y": ["u", "v", "v"], "folds": 3},
        [{"folds": 2}, {"a": A, "y": ["u", "v", "v"] * 8}],
    ),
    Case(
        "Each class has one row",
        preparing,
        {"a": A[:3], "y": [2, 4, 7]},
        [{"a": A[:6], "y": [2, 4, 7] * 2}, {"task": "regression"}],
    ),
    Case(
        "groups cannot be split",
        preparing,
        {"b": [1, 2] * 12, "group_column": "b", "folds": 3},
        [{"folds": 2}],
    ),
    Case(
        "All rows have the same",
        preparing,
        {"b": [1] * ROWS, "group_column": "b"},
        [{"group_column": None}, {"group_column": "a", "b": A}],
    ),
    Case(
        "All rows have the same",
        preparing,
        {"b": [1] * ROWS, "time_column": "b"},
        [{"time_column": None}, {"time_column": "a"}],
    ),
    Case(
        "different times cannot be cut",
        preparing,
        {"b": [1, 2, 3] * 8, "time_column": "b", "folds": 5},
        [{"folds": 2}],
    ),
    Case("missing_target='drop' leaves them out", preparing, {"y": some(None)}, [{"missing_target": "drop"}]),
    Case(
        "(missing_target='drop')",
        preparing,
        {"y": some(None), "missing_target": "drop"},
        [{"y": Y}],
    ),
    Case(
        "fill them in or remove these rows",
        preparing,
        {"y": some(None)},
        [{"y": Y}, {"a": A[:3], "y": Y[:3]}],
    ),
    Case(
        "takes all texts as classes",
        preparing,
        {"y": some("oops", others=["1", "2", "3"] * 8)},
        [{"y": [1, 2, 3] * 8}, {"a": A[:3], "y": [1, 2, 1]}, {"task": "multiclass"}],
    ),
    Case("taken as classes; task='regression'", noting, {"y": [1, 2, 3] * 8}, [{"task": "regression"}]),
    Case(
        "choose another target, or a regression",
        preparing,
        {"a": A[:15] * 10, "y": MANY, "task": "multiclass"},
        [{"task": "regression"}, {"y": ["u", "v"] * 75}],
    ),
    Case(
        "Write classes as 0 and 1",
        preparing,
        {"b": ["u", "v"] * 12, "target": ("y", "b")},
        [{"b": [0, 1] * 12}, {"target": ["b"], "ignore_columns": ("y",)}],
    ),
    Case("is infinite in {}; correct these rows", preparing, {"y": some(np.inf)}, [{"y": Y}]),
    Case(
        "correct these rows, or use another unit",
        preparing,
        {"y": [y * 1e160 for y in Y]},
        [{"y": [y * 1e148 for y in Y]}],
    ),
    Case(
        "Use task='regression', or name the classes",
        preparing,
        {"y": [1.5, 2.5] * 12, "task": "binary"},
        [{"task": "regression"}, {"y": ["1.5 kg", "big"] * 12}],
    ),
    Case(
        "Set them to zero, or correct the largest",
        preparing,
        {"weight": np.array([1e-300, *A[1:]])},
        [{"weight": np.array([0, *A[1:]])}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

"""The advice of reports."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from advice import Case, advice, check_complete, follow
from netable.config.settings import Settings
from netable.fit.fit import fit
from netable.model.file import load, save
from netable.model.model import Model
from netable.report import write_report
from page_reader import Reader, undrawn

# Commands to copy have their options checked in tests/test_advice.py.
MESSAGES = [m for m in advice("report", besides=["takes one as --threshold"]) if m.file != "report/use.py"]
TABLE = pa.table(
    {
        "x": [float(i % 11) for i in range(40)],
        "same": ["same"] * 40,
        "y": [i % 11 + i % 5 + i / 8 for i in range(40)],
    }
)


@cache
def model(kind: str = "constant", judged: bool = True) -> Model:
    folds = {"folds": 2} if judged else {"folds": 1, "early_stopping": False}
    settings = {"target": "y", "max_epochs": 1, "hidden_layer_sizes": (2,), "kinds": {"same": kind}}
    return fit(TABLE, Settings(**settings | folds))


def reporting(table: pa.Table | None = TABLE, kind: str = "constant", judged: bool = True) -> None:
    """Write the report of a model from a file; its text is a warning."""
    save(model(kind, judged), "m.netable")
    with undrawn():
        write_report(load("m.netable"), "r.html", table)
    text = Reader(Path("r.html").read_text(encoding="utf-8")).text()
    warnings.warn(text, stacklevel=2)


CASES = [
    Case(
        "The quality of this model is unknown",
        reporting,
        {"table": None, "judged": False},
        [{"table": TABLE}],
    ),
    Case("Charts that need rows are not shown here", reporting, {"table": None}, [{"table": TABLE}]),
    Case("The model file does not contain the rows", reporting, {"table": None}, [{"table": TABLE}]),
    Case("Set the kind of a column to use it", reporting, {}, [{"kind": "category"}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

"""The advice of a look at new rows."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from advice import Case, advice, check_complete, follow
from guarding import homes
from netable.config.settings import Settings
from netable.drift import monitor
from netable.errors import DataWarning
from netable.fit.fit import fit
from netable.model.model import Model
from netable.table.reading.read import read

MESSAGES = advice("drift")


def rows(kind: str, seed: int) -> pa.Table:
    """Rows as they were, or as they are now."""
    columns = homes(1000, seed)
    if kind == "taller":
        columns |= {"height": columns["height"] + 15, "price": columns["price"] + 90}
    if kind == "farther":
        columns["city"] = np.where(columns["city"] == "Busan", "Atlantis", columns["city"])
    return pa.table(columns)


@cache
def model(kind: str) -> Model:
    settings = Settings(
        target="price", model="linear", folds=2, max_epochs=2, embedding="none", optimizer="adamw"
    )
    return fit(read(rows(kind, 0)), settings)


def monitoring(now: str, trained_on: str = "before") -> None:
    """Compare rows of now with those that a model was trained on, and say everything that the page says."""
    drift = monitor(model(trained_on), rows(now, 1))
    for sentence in (*drift.verdict, *(column.advice for column in drift.moved)):
        warnings.warn(sentence, DataWarning, stacklevel=2)


CASES = [
    Case(
        "the change is real, train with recent rows",
        monitoring,
        {"now": "taller"},
        [{"trained_on": "taller"}],
    ),
    Case("Train with recent rows, and look", monitoring, {"now": "taller"}, [{"trained_on": "taller"}]),
    Case("train with rows that have them", monitoring, {"now": "farther"}, [{"trained_on": "farther"}]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

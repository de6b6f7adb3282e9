from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netable import NetClassifier, NetRegressor
from netable.config.settings import Settings
from netable.doctor import Verdict, Verdicts
from netable.errors import DataError, FileError, UserError, brief_message
from netable.system.brief import LETTERS, LINES, brief
from netable.table.reading.read import read
from small import QUICK

pytestmark = pytest.mark.filterwarnings("ignore::netable.DataWarning")
NAMES = [f"{'column ' * 40}{i}" for i in range(40)]


@dataclass
class Point:
    x: Any

    __repr__ = brief


def parts_of(value: Any) -> list[Any]:
    """An object of this package and those in its fields."""
    if not is_dataclass(value):
        return []
    inner = (getattr(value, f.name) for f in fields(value))
    return [value, *(part for each in inner for part in parts_of(each))]


@pytest.fixture(scope="module")
def wide() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).normal(size=(130, len(NAMES))), columns=NAMES)


def assert_brief(value: Any) -> None:
    lines = repr(value).splitlines()
    assert len(lines) <= LINES, type(value)
    assert len(repr(value)) <= LINES * (LETTERS + 1), type(value)


@pytest.mark.parametrize("Estimator", [NetClassifier, NetRegressor])
def test_repr__everything_about_a_model__is_a_few_lines(wide: pd.DataFrame, Estimator: Any) -> None:
    y = [f"{'class ' * 40}{i % 30}" for i in range(130)] if Estimator is NetClassifier else wide[NAMES[0]]
    net = Estimator(**QUICK, kinds={NAMES[0]: "number"}).fit(wide, y)
    explanation = net.explain()
    shown = [
        *parts_of(net.model_),
        net.model_.encode(wide),
        net.module_,
        net.diagnose(),
        *net.diagnose(),
        explanation,
        explanation.importance(),
        explanation.dependence(NAMES[0]),
        explanation.interaction(NAMES[0], NAMES[1]),
        explanation.contributions([0]),
    ]

    assert len(shown) > 15
    for value in shown:
        assert_brief(value)


def test_repr__model__says_what_it_is_and_how_good() -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    net = NetRegressor(**QUICK).fit(X, X[:, 0])

    assert repr(net.model_).startswith(
        "Regression model of y (60 rows, 2 columns, 1 network)\nColumns: 'x0' and 'x1'."
    )
    assert "out of fold  netable  constant\nrmse  " in repr(net.model_)


def test_repr__verdicts__are_their_text() -> None:
    verdict = Verdict("dead_units", "warning", "30 units are dead.", "They learn nothing.", "lower lr")

    assert repr(verdict) == "warning: dead units\n30 units are dead.\nThey learn nothing.\nTry: lower lr"
    assert str(verdict) == repr(verdict)
    assert repr(Verdicts([verdict])).splitlines()[1:] == repr(verdict).splitlines()
    assert repr(Verdicts()) == "The doctor found no problems."


def test_repr__settings__are_those_that_differ_from_the_defaults() -> None:
    assert repr(Settings(target="price", folds=3)) == "Settings(target='price', folds=3)"


@given(
    st.recursive(
        st.text() | st.floats() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_repr__any_value__is_one_line(value: Any) -> None:
    assert_brief(Point([value] * 20))
    assert "\n" not in repr(Point(value))


@given(st.text(min_size=1), st.integers(1, 5000), st.integers(0, 30))
def test_message__of_hostile_names__is_short_and_keeps_its_ends(part: str, times: int, names: int) -> None:
    quoted = ", ".join([repr(part * times)] * (names + 1))
    text = brief_message(f"Expected one column, got {quoted}. Rename them.")

    assert len(text) <= 900
    assert text.startswith("Expected one column, got")
    assert text.endswith("Rename them.")


@given(st.text(max_size=800))
def test_message__without_long_parts__is_unchanged(text: str) -> None:
    words = text.replace("'", " ").replace('"', " ")

    assert brief_message(words) == words
    assert brief_message("the column 'age' isn't here; don't ask") == "the column 'age' isn't here; don't ask"


def test_errors__of_every_kind__are_short_and_keep_their_builtin_behaviour() -> None:
    long = f"{'x' * 5000} exists already. Name another file."
    kinds = [kind for kind in UserError.__subclasses__() if kind.__module__ == "netable.errors"]

    assert len(kinds) > 5
    for kind in kinds:
        assert len(str(kind(long))) <= 900
        assert str(kind(long)).endswith("Name another file.")
    assert FileError(2, "gone").errno == 2


def test_messages__of_wide_tables__are_short(wide: pd.DataFrame) -> None:
    net = NetRegressor(**QUICK).fit(wide, wide[NAMES[0]])
    with pytest.raises(UserError) as caught:
        net.model_.predict(wide[NAMES[:3]])
    assert len(str(caught.value)) <= 900
    with pytest.raises(DataError) as refused:
        net.predict(wide * 1e300 * 1e300)
    assert len(str(refused.value)) <= 900
    with pytest.raises(UserError) as double:
        read("a" * 9000 + ".csv")
    assert len(str(double.value)) <= 900

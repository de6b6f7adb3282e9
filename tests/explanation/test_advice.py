"""The advice of messages about explanations."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from advice import Case, advice, check_complete, follow
from netable.config.settings import Settings
from netable.explanation import Explanation, explain
from netable.fit.fit import fit
from netable.model.file import load, save

MESSAGES = advice("explanation", besides=["Ask for importance()"])
TABLE = pa.table(
    {
        "x": [float(i) for i in range(24)],
        "z": [float(i % 5) for i in range(24)],
        "y": [i % 7 + i / 8 for i in range(24)],
    }
)
SETTINGS = Settings(target="y", max_epochs=1, folds=2, hidden_layer_sizes=(2,), model="linear")


def explaining(table: pa.Table | None = None) -> None:
    """Explain a model from a file."""
    save(fit(TABLE, SETTINGS), "m.netable")
    explain(load("m.netable"), table).importance()


CASES = [Case("give it a table to explain", explaining, {}, [{"table": TABLE}])]


@pytest.mark.filterwarnings("ignore:About 100% of these rows")
@pytest.mark.parametrize(
    "ask",
    [
        lambda explanation: explanation.importance(),
        lambda explanation: explanation.dependence("x"),
        lambda explanation: explanation.interaction("x", "z"),
        lambda explanation: explanation.contributions([0, 1]),
    ],
)
def test_advice__methods_that_an_explanation_names__answer(ask: Callable[[Explanation], object]) -> None:
    explanation = explain(fit(TABLE, SETTINGS))

    assert "Ask for importance(), dependence(column), interaction(first, second)" in explanation._repr_html_()
    assert ask(explanation) is not None


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)

"""The advice of messages about comparisons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advice import Case, advice, check_complete, follow
from netable.comparison import compare
from netable.errors import DataWarning, UserError, warn

MESSAGES = [m for m in advice("comparison") if m.file != "comparison/page.py"]  # it repeats what is missing


def columns(rows: int) -> dict[str, Any]:
    """A line with as much noise; most rows have no weight."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    return {"x": x, "y": x + rng.normal(size=rows), "w": [1.0] * 8 + [0.0] * (rows - 8)}


def comparing(
    rows: int = 60,
    installed: bool = True,
    outer_folds: int = 2,
    methods: Any = ("constant", "linear"),
    **settings: Any,
) -> None:
    """Compare methods on a few rows; the page's remarks are warnings."""
    with pytest.MonkeyPatch.context() as patch:
        if not installed:
            patch.setattr("netable.comparison.run.is_installed", lambda name: name in ("constant", "linear"))
        compared = compare(
            columns(rows),
            "y",
            outer_folds=outer_folds,
            methods=methods,
            settings={"max_epochs": 1, "folds": 2, **settings},
        )
    for sentence in compared.verdict:
        warn(sentence, DataWarning)


CASES = [
    Case(
        "None of these is installed",
        comparing,
        {"methods": ["lightgbm"], "installed": False},
        [{"installed": True}],
    ),
    Case(
        "All rows that outer fold {} tests on",
        comparing,
        {"weight_column": "w", "outer_folds": 12},
        [{"outer_folds": 2}],
    ),
    Case(
        "use more outer folds or more rows",
        comparing,
        {"outer_folds": 3},
        [{"outer_folds": 10}, {"rows": 240}],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_advice__followed__works(case: Case) -> None:
    follow(case, MESSAGES)


def test_advice__every_message__has_a_case() -> None:
    check_complete(CASES, MESSAGES)


def test_advice__about_a_file__is_followed_in_the_settings(tmp_path: Path) -> None:
    rows = "".join(f"1,23{i % 10};{i % 7}\n" for i in range(40))
    (tmp_path / "t.csv").write_text(f"a;y\n{rows}")
    settings = {"max_epochs": 1, "task": "regression"}
    with pytest.raises(UserError, match="Choose the mark: decimal=','"):
        compare(tmp_path / "t.csv", "y", settings=settings, methods=["constant", "linear"], outer_folds=2)

    compared = compare(
        tmp_path / "t.csv",
        "y",
        settings=settings | {"decimal": ","},
        methods=["constant", "linear"],
        outer_folds=2,
    )
    assert {method.name for method in compared.measured} == {"constant", "linear"}

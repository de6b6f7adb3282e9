"""Ranks, wins, ratios and times, worked by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from benchmarks.quality.picture import draw, duration
from benchmarks.quality.summary import Comparison, markdown

METHODS = ["netable-standard", "linear", "catboost"]


def row(table: str, method: str, error: float | None, seconds: float = 1.0, split: int = 0) -> dict[str, Any]:
    return {
        "table": table,
        "task": "regression",
        "split": split,
        "method": method,
        "cut": 100,
        "error": error,
        "fit_seconds": None if error is None else seconds,
        "failure": "not done after 5 seconds" if error is None else None,
        "machine": {"cpu": "C", "cores": 2},
        "threads": 2,
        "date": "2026-01-01T00:00:00",
        "versions": {"python": "3.11.7"},
    }


ROWS = [
    row("a", "netable-standard", 0.2, 3),
    row("a", "linear", 0.4, 0.5),
    row("a", "catboost", 0.1, 2),
    row("b", "netable-standard", 0.1, 3),
    row("b", "linear", 0.2, 0.5),
    row("b", "catboost", 0.2, 2),
    row("c", "netable-standard", 0.3, 3),
    row("c", "linear", None),
    row("c", "catboost", 0.3, 2),
    row("d", "linear", 0.3, 9),  # the others have not come to this table yet
]


def compare(rows: list[dict[str, Any]] = ROWS) -> Comparison:
    return Comparison(rows, METHODS, reference="netable-standard", baseline="catboost")


def test_ranks__ties_and_failures__share_and_come_last() -> None:
    assert compare().tables == ["a", "b", "c"]
    assert compare().ranks().tolist() == [[2, 3, 1], [1, 2.5, 2.5], [1.5, 3, 1.5]]


def test_standings__worked_rows__are_the_figures_by_hand() -> None:
    found = {standing.method: standing for standing in compare().standings()}
    own, linear, catboost = (found[method] for method in METHODS)

    assert [own.median_rank, linear.median_rank, catboost.median_rank] == [1.5, 3, 1.5]
    assert own.mean_rank == pytest.approx(1.5)
    assert linear.mean_rank == pytest.approx(8.5 / 3)
    assert (catboost.wins, catboost.duels) == (1, 3)
    assert (linear.wins, linear.duels) == (0, 2)
    assert own.relative_error == pytest.approx((2 * 0.5 * 1) ** (1 / 3))
    assert linear.relative_error == pytest.approx(math.sqrt(4 * 1))
    assert catboost.relative_error == pytest.approx(1)
    assert [own.seconds, linear.seconds, catboost.seconds] == [9, 1, 6]
    assert [own.relative_seconds, catboost.relative_seconds] == [1.5, 1]
    assert [own.failed, linear.failed, catboost.failed] == [0, 1, 0]


def test_standings__errors_of_zero__count_as_the_least() -> None:
    rows = [row("a", "netable-standard", 0.0), row("a", "linear", 1e-3), row("a", "catboost", 1e-5)]
    found = {standing.method: standing.relative_error for standing in compare(rows).standings()}

    assert found == pytest.approx({"netable-standard": 1, "linear": 10, "catboost": 1})


def test_cells__splits__are_averaged_and_one_failure_fails_them() -> None:
    rows = [row("a", "linear", 0.2, 1), row("a", "linear", 0.4, 3, split=1)]
    cell = compare(rows).cells["a", "linear"]

    assert (cell.error, cell.seconds) == (pytest.approx(0.3), 2)
    assert compare([*rows, row("a", "linear", None, split=2)]).cells["a", "linear"].error is None


def test_cells__same_job_twice__the_later_counts() -> None:
    assert compare([row("a", "linear", None), row("a", "linear", 0.2)]).error("a", "linear") == 0.2


def test_lost_to__lower_errors_of_other_packages__are_named() -> None:
    assert [compare().lost_to(table) for table in "abc"] == [["catboost"], [], []]


def test_markdown__rows__marks_losses_and_names_failures() -> None:
    page = markdown(compare(), picture="quality.svg")

    assert "| * | a | regression | 0.2000 (3.0) | 0.4000 (0.5) | **0.1000** (2.0) | catboost |" in page
    assert "|  | b | regression | **0.1000** (3.0) | 0.2000 (0.5) | 0.2000 (2.0) |  |" in page
    assert "|  | d | regression |  | **0.3000** (9.0) |  |  |" in page
    assert "| linear | 3.0 | 2.83 | 0 of 2 | 1.0 | 0.25 | 2.000 | 1 |" in page
    assert "- c, linear: not done after 5 seconds" in page
    assert "](quality.svg)" in page
    assert "C, cores: 2, threads: 2, 2026-01-01" in page


def test_picture__same_rows__is_the_same_file(tmp_path: Path) -> None:
    pictures = [tmp_path / "a.svg", tmp_path / "b.svg"]

    assert all(draw(compare(), picture) for picture in pictures)
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert all(method in pictures[0].read_text() for method in METHODS)


def test_picture__nothing_in_common__is_not_drawn(tmp_path: Path) -> None:
    assert not draw(compare([row("a", "linear", 0.1)]), tmp_path / "none.svg")
    assert not (tmp_path / "none.svg").exists()


@pytest.mark.parametrize(("seconds", "text"), [(0.3, "0.3 s"), (30, "30 s"), (180, "3 min"), (36000, "10 h")])
def test_duration__ticks__are_in_their_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_seconds__beside_other_work__do_not_count() -> None:
    busy = [row("a", method, 0.2, seconds=100, split=1) | {"is_busy": True} for method in METHODS]
    comparison = compare(ROWS + busy)

    assert comparison.cells["a", "netable-standard"].seconds == 3
    assert comparison.error("a", "netable-standard") == pytest.approx(0.2)
    assert "without other work beside them (0)." in markdown(comparison, picture=None)
    assert "without other work" not in markdown(compare(), picture=None)

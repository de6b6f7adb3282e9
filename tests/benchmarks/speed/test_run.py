"""Equal work for everyone, and what the figures say."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.measurements import read_rows
from benchmarks.speed import run as speed
from benchmarks.speed.peers import CONTENDERS, Contender
from benchmarks.speed.problem import QUICK_SETTINGS, SETTINGS, Problem, Setting, make_problem
from benchmarks.speed.summary import markdown
from benchmarks.speed.with_torch import trace_difference


@pytest.fixture(scope="module")
def problem() -> Problem:
    return make_problem(QUICK_SETTINGS[0])


@pytest.mark.parametrize("setting", [*SETTINGS, *QUICK_SETTINGS], ids=lambda setting: setting.name)
def test_settings__rows__are_whole_batches(setting: Setting) -> None:
    assert setting.rows % setting.batch_size == 0


def test_setting__flop_per_row__by_hand() -> None:
    setting = Setting("", rows=1, columns=3, hidden=(5,), batch_size=1, epochs=1)

    # Two for a multiplication and an addition; forward 3·5 + 5·1, to the weights the same, to the hidden units 5·1.
    assert setting.flop_per_row == 2 * (20 + 20 + 5)


@pytest.mark.parametrize("members", [1, 3])
def test_trace__same_weights_and_batches__is_plain_pytorchs(problem: Problem, members: int) -> None:
    assert trace_difference(problem, members) < 1e-5


@pytest.mark.filterwarnings("ignore")  # of other packages
@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda contender: contender.name)
def test_contender__few_epochs__arrives_at_the_same_loss(contender: Contender, problem: Problem) -> None:
    if find_spec(contender.package) is None:
        pytest.skip(f"{contender.package} is not installed")

    loss = contender.make(problem)()

    if loss is None:
        assert contender.note
    else:
        assert loss == pytest.approx(CONTENDERS[0].make(problem)(), rel=0.02)


def test_part__two_batches__keeps_the_network(problem: Problem) -> None:
    part = problem.part(2)

    assert len(part.X) == len(part.y) == part.setting.rows == 128
    assert part.setting.epochs == 1
    assert part.weights is problem.weights


@pytest.mark.filterwarnings("ignore")
def test_run__contender_missing_and_failing__are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(problem: Problem) -> Any:
        raise RuntimeError("out of luck")

    odd = (Contender("absent", "no_such_package", fail), Contender("failing", "torch", fail))
    monkeypatch.setattr(speed, "CONTENDERS", (*CONTENDERS[:2], *odd))
    out = tmp_path / "speed.jsonl"
    monkeypatch.setattr(sys, "argv", ["run.py", "--quick", "--rounds", "2", "--out", str(out)])
    speed.main()

    kinds = [row["kind"] for row in read_rows(out)]
    assert kinds == [
        "missing",
        *["product"] * 2,
        *["training"] * 2,
        "failed",
        *["trace"] * 2,
        *["prediction"] * 2,
    ]
    assert all(len(row["values"]) == 2 for row in read_rows(out) if row["kind"] == "training")
    page = out.with_suffix(".md").read_text()
    assert "- absent: no_such_package is not installed\n" in page
    assert f"- failing: RuntimeError: out of luck ({QUICK_SETTINGS[0].name})" in page
    assert "| netable, 8 members |" in page


def test_markdown__worked_rows__has_ratios_and_shares() -> None:
    around = {
        "machine": {"cpu": "C", "cores": 2},
        "threads": 2,
        "date": "2026-01-01",
        "versions": {"torch": "2"},
    }
    common = {"setting": "s", "flop_per_row": 1_000_000, **around}
    rows = [
        {"kind": "product", "product": "large", "median": 400.0, **common},
        {"kind": "product", "product": "own", "median": 200.0, **common},
        training("netable", 1, 100.0) | common,
        training("netable, 8 members", 8, 320.0) | common,
        training("slow", 1, 10.0) | common,
        {"kind": "trace", "members": 1, "difference": 2e-6, **common},
    ]

    page = markdown(rows)

    # 100 thousand rows of a million operations: 100 GFLOP/s.
    assert "| netable | 100 | 90–110 | 1.00 | 100 | 25 | 50 | 0.5000 |" in page
    assert "| netable, 8 members | 320 | 310–330 | 2.50 | 320 | 80 | 160 | 0.5000 |" in page
    assert "| slow | 10 | 0–20 | 10.00 | 10 | 2 | 5 | 0.5000 |" in page
    assert "8 members take 2.50 times the time of one." in page
    assert "1 member 2.0e-06." in page


def training(name: str, members: int, rate: float) -> dict[str, Any]:
    return {
        "kind": "training",
        "contender": name,
        "members": members,
        "note": "",
        "median": rate,
        "low": rate - 10,
        "high": rate + 10,
        "loss": 0.5,
    }


def test_spread__three_values__has_their_median_and_ends() -> None:
    assert speed.spread([3.0, 1.0, 2.0]) == {"values": [3, 1, 2], "median": 2, "low": 1, "high": 3}


def test_product_rate__small_matrices__is_finite() -> None:
    assert 0 < speed.product_rate(8, 8, 8, seconds=0.001) < np.inf

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.measurements import read_rows
from benchmarks.structure_found import run
from benchmarks.structure_found.tables import GROUPS, INDEPENDENT, TIMES, made_table


@pytest.mark.parametrize("plant", [*GROUPS, *TIMES, *INDEPENDENT], ids=lambda plant: plant.__name__)
def test_made_table__any_plant__has_all_rows_and_is_the_same_again(plant) -> None:
    made = made_table(plant, "binary", 120, 1)

    assert len(made) == 120
    assert set(made["y"]) == {"a", "b"}
    assert made.equals(made_table(plant, "binary", 120, 1))


def test_main__planted_tables__are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PLANTED", {"grouped_rows": GROUPS[:1], "": INDEPENDENT[:1]})
    monkeypatch.setattr(run, "TASKS", ("regression",))
    out = tmp_path / "structure.jsonl"
    words = ["--seeds", "1", "--sizes", "600", "--out", str(out)]
    run.main(words)
    run.main(words)

    assert [(row["table"], row["found"]) for row in read_rows(out)] == [
        ("patients", ["grouped_rows"]),
        ("nothing", []),
    ]
    page = out.with_suffix(".md").read_text(encoding="utf-8")
    assert "100.0% of 1 planted structures found" in page
    assert "0.0% of 1 tables of independent rows with a verdict" in page

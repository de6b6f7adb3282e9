from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from netable.config.settings import Settings
from netable.first_look import Look, TimeLook, look_at, write_look_page
from netable.first_look.page import page, summary
from netable.table.reading.read import read
from page_reader import Reader
from small import make_table

TIME = TimeLook(30.0, 95.0, {"training": 25.0, "reading": 5.0}, "Two epochs were timed.")


def looked(**settings: object) -> Look:
    table = read(make_table().append_column("id", pa.array([f"h{row}" for row in range(120)])))
    return look_at(
        table, Settings(**settings), source="data/homes.csv", facts={"format": "Parquet"}, timed=False
    )


@pytest.fixture(scope="module")
def seen() -> Look:
    return replace(looked(target="price"), time=TIME)


def text_of(seen: Look, folder: Path, typed: str | None = None) -> str:
    write_look_page(seen, folder / "look.html", typed=typed)
    return (folder / "look.html").read_text(encoding="utf-8")


def test_write_look_page__with_target__shows_everything(seen: Look, tmp_path: Path) -> None:
    reader = Reader(text_of(seen, tmp_path, typed="data/homes.csv"))

    text = reader.text()
    for name in make_table().column_names:
        assert name in text
    for part in ("looks like an identifier", "Parquet", "5 folds", "Two epochs were timed.", "about 30 s"):
        assert part in text
    assert "netable train data/homes.csv --target price" in text
    assert reader.text("h1") == "A look at homes.csv"


def test_page__every_column__is_in_the_table_once(seen: Look) -> None:
    table = page(seen).sections[1].blocks[0]

    assert [row[0] for row in table.rows] == [*make_table().column_names, "id"]


@pytest.mark.usefixtures("without_charts")
def test_page__without_target__lists_candidates(tmp_path: Path) -> None:
    text = Reader(text_of(looked(), tmp_path, typed="homes.csv")).text()

    assert "none was named, and none is guessed" in text
    assert "netable look homes.csv --target COLUMN" in text


@pytest.mark.usefixtures("without_charts")
def test_page__classes__are_a_chart(tmp_path: Path) -> None:
    assert "Classes of third" in text_of(looked(target="third"), tmp_path)


def test_summary__says_inputs_target_findings_and_time(seen: Look) -> None:
    inputs, target, doctor, time = summary(seen)

    assert inputs == "8 inputs: 3 numbers, 2 categories, 2 flags and 1 date; 1 column left out."
    assert target.startswith("'price' is a number. Always predicting the mean")
    assert doctor.startswith("The doctor ")
    assert time == "Training will take about 30 s, at most 1.5 min."


@pytest.mark.bad_input(74)
def test_page__hostile_names__stay_text(seen: Look, tmp_path: Path) -> None:
    hostile = "</title><script>alert(1)</script>\u202e"
    columns = tuple(
        replace(c, name=hostile, why=hostile, values=hostile, examples=(hostile,), odd=(hostile,))
        for c in seen.columns
    )

    text = text_of(replace(seen, source=hostile, columns=columns, notes=(hostile,)), tmp_path, typed=hostile)

    assert text.count("<script>") == 1  # the page's own
    assert "\u202e" not in text


def test_page__same_look__gives_the_same_bytes(seen: Look, tmp_path: Path) -> None:
    assert text_of(seen, tmp_path) == text_of(seen, tmp_path)

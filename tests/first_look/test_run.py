from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

import netable
from netable.config.settings import Settings
from netable.errors import DataError, SchemaError, TrainingError
from netable.first_look import Look, look_at
from netable.fit.preparation.prepare import prepare
from netable.system.json import to_json
from netable.table.reading.read import read
from small import make_table


def looked(table: pa.Table, **settings: object) -> Look:
    """A look at a table without timing anything."""
    return look_at(read(table), Settings(**settings), source="t.csv", timed=False)


def column(seen: Look, name: str):
    return next(column for column in seen.columns if column.name == name)


def findings(seen: Look) -> dict[str, str]:
    return {finding.id: finding.seen for finding in seen.findings}


def test_look__decisions__are_those_of_training(small_table: pa.Table) -> None:
    table = small_table.drop_columns(["rooms", "dear", "third"])

    seen = looked(table, target="price", kinds={"age": "category"})

    prepared = prepare(read(table), Settings(target="price", kinds={"age": "category"}))
    used = {column.name: column.setting for column in prepared.schema.used}
    assert {c.name: c.kind for c in seen.columns if c.role == "input"} == used
    assert column(seen, "age").why == "as asked"
    assert column(seen, "size").why == "every value is a number"
    assert seen.split is not None
    assert seen.split.parts == prepared.recipe.folds
    assert seen.split.learned == max(map(len, prepared.plan.train_rows))
    assert seen.target is not None
    assert (seen.target.task, seen.rows, seen.time) == ("regression", 120, None)


def test_look__without_target__names_candidates_and_guesses_none(small_table: pa.Table) -> None:
    names = pa.array([f"h{row}" for row in range(120)])
    seen = looked(small_table.append_column("id", names).append_column("one", pa.array(["x"] * 120)))

    assert (seen.target, seen.split, seen.time, seen.findings) == (None, None, None, ())
    could = {candidate.name: candidate.task for candidate in seen.candidates}
    assert could.keys() == {
        "size",
        "age",
        "도시",
        "garden",
        "price",
        "rooms",
        "dear",
        "third",
    }  # no date, no name
    assert (could["price"], could["third"]) == ("regression", "3 classes")
    assert {candidate.name: candidate.missing for candidate in seen.candidates}["size"] > 0
    assert column(seen, "id").why == "looks like an identifier"
    assert column(seen, "one").role == "left out"


def test_look__classes__are_counted_and_the_constant_is_told(small_table: pa.Table) -> None:
    seen = looked(small_table.drop_columns(["price", "rooms", "dear"]), target="third")

    assert seen.target is not None
    counts = dict(seen.target.classes)
    third = small_table["third"].to_pylist()
    assert counts == {label: third.count(label) for label in "abc"}
    assert seen.target.constant == "Always 'b' is right in 39% of the rows."


def test_look__leaks_copies_and_contradictions__are_found_without_a_network(rng: np.random.Generator) -> None:
    x = rng.normal(size=(300, 3))
    columns = {f"x{i}": x[:, i] for i in range(3)} | {"y": np.where(x[:, 0] > 0, "yes", "no")}
    leaking = pa.table(columns | {"paid": np.where(x[:, 0] > 0, 1.0, 0.0) + rng.normal(size=300) * 1e-3})
    table = pa.table(columns)
    copied = pa.concat_tables([table, table.slice(0, 60)])
    other = pa.array([{"yes": "no", "no": "yes"}[y] for y in table["y"].to_pylist()])
    contradicted = pa.concat_tables([table, table.set_column(3, "y", other).slice(0, 40)])

    assert "leakage" in findings(looked(leaking, target="y"))
    assert "60 of" not in findings(looked(table, target="y")).get("duplicate_rows", "")
    assert "duplicate_rows" in findings(looked(copied, target="y"))
    assert findings(looked(contradicted, target="y"))["contradicting_labels"].startswith(
        "80 rows equal another"
    )


def test_look__order_of_time__is_in_the_findings_and_the_split(rng: np.random.Generator) -> None:
    day = np.arange(600)
    table = pa.table({"day": day, "x": rng.normal(size=600), "y": np.cumsum(rng.normal(size=600))})

    at_random = looked(table, target="y", kinds={"day": "number"})
    by_time = looked(table, target="y", kinds={"day": "number"}, time_column="day")

    assert {"time_order", "rows_in_order"} <= findings(at_random).keys()
    assert at_random.split is not None
    assert at_random.split.why.startswith("Rows are drawn at random, although 'day' relates them")
    assert by_time.split is not None
    assert (by_time.split.kind, by_time.split.column, by_time.split.why) == ("time", "day", "As asked.")
    assert not {"time_order", "rows_in_order"} & findings(by_time).keys()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"folds": 1}, "20% of the rows are held out (drawn at random)."),
        ({"folds": 1, "early_stopping": False}, "No rows are held out: one network learns from all of them"),
        ({"folds": 3, "group_column": "도시"}, "All rows of a '도시' are in one fold."),
        ({}, "5 folds: each row is predicted by a network that has not seen it"),
    ],
)
def test_look__split__is_in_words(small_table: pa.Table, settings: dict[str, object], says: str) -> None:
    table = small_table.set_column(2, "도시", pa.array([f"c{row % 20}" for row in range(120)]))

    seen = looked(table, target="price", **settings)

    assert seen.split is not None
    assert says in seen.split.text


def test_look__tiny_table__says_that_folds_only_measure() -> None:
    seen = looked(make_table(40), target="price")

    assert seen.split is not None
    assert "one more network learns from all rows" in seen.split.text


def test_look__notes__are_kept_and_not_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = "".join(f"{i};1,{i % 7};{'?' if i % 5 == 0 else 'a'}\n" for i in range(60))
    path.write_text(f"n;x;c\n{rows}", encoding="utf-8")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = netable.look(str(path))

    assert seen.facts == {
        "format": "delimited text",
        "encoding": "utf-8",
        "separated by": "';'",
        "header": "line 1",
    }
    assert any("the comma is read as the decimal mark in 'x'" in note for note in seen.notes)
    assert any("read as missing: 'c' 12 × '?'" in note for note in seen.notes)
    assert column(seen, "c").missing == 0.2


def test_look__frame__says_what_it_is(small_table: pa.Table) -> None:
    assert netable.look(small_table.to_pandas()).facts == {"format": "pandas DataFrame"}


def test_look__plain_values__are_json(small_table: pa.Table) -> None:
    seen = looked(small_table, target="dear")

    told = json.loads(to_json(seen.to_dict()))

    assert [c["name"] for c in told["columns"]] == small_table.column_names
    assert told["target"]["names"] == ["dear"]
    assert all(finding.keys() == {"id", "severity", "seen", "why", "try"} for finding in told["findings"])


def test_look__missing_target__is_left_out_as_asked(small_table: pa.Table) -> None:
    with pytest.raises(DataError, match=r"The target 'size' is missing in 12 of 120 rows"):
        looked(small_table, target="size")

    assert looked(small_table, target="size", missing_target="drop").rows == 108


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda t: netable.look(t, "prize"), SchemaError),
        (lambda t: netable.look(t, "sold"), DataError),
        (lambda t: netable.look(t.slice(0, 0), "price"), DataError),
    ],
)
def test_look__unusable_target__is_the_error_of_training(
    small_table: pa.Table, call: Callable[[pa.Table], Look], error: type[Exception]
) -> None:
    with pytest.raises(error):
        call(small_table)


def test_look__long_table__says_what_was_sampled(rng: np.random.Generator) -> None:
    seen = looked(pa.table({"x": rng.normal(size=20_001), "y": rng.normal(size=20_001)}))

    assert seen.sampled == (
        "The bars and values of columns are those of 20,000 rows.",
        "Columns that could be the target are judged by 20,000 rows.",
    )


def test_look__training_that_diverges__is_a_note_in_place_of_a_time(
    small_table: pa.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverges(*_: object) -> None:
        raise TrainingError("The loss is not finite.")

    monkeypatch.setattr("netable.first_look.run.estimate", diverges)

    seen = netable.look(small_table, "price")

    assert seen.time is None
    assert seen.notes[-1] == "How long training takes could not be measured: The loss is not finite."


def test_look__in_a_notebook__is_a_table(small_table: pa.Table) -> None:
    seen = looked(small_table, target="dear")

    html = seen._repr_html_()
    assert html.count("<tr>") == 1 + len(small_table.column_names)
    assert "A look at t.csv: 120 rows" in repr(seen)

"""Every verb on tables beyond memory, wherever they come from."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from cli_runs import ON_PRICE, QUICK, Ended, metrics
from netable import load
from netable.fit.stored import all_rows
from netable.table.reading.text import blocks

SAMPLED = 60


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_rows, "FEWEST_ROWS", SAMPLED)
    monkeypatch.setattr(all_rows, "MOST_ROWS", SAMPLED)
    monkeypatch.setattr(all_rows, "BYTES_A_ROW", 1e8)
    monkeypatch.setattr(all_rows, "BYTES_A_CHARACTER", 1e8)
    monkeypatch.setattr(blocks, "BLOCK", 3_000)
    monkeypatch.setattr("netable.table.reading.base.pieces.CELLS", 512)
    monkeypatch.setattr("netable.table.reading.base.pieces.ROWS", 16)


@pytest.fixture
def typed(cli: Callable[..., Ended], houses: pa.Table) -> list[object]:
    """A command that trains on what is yet to be named."""
    pq.write_table(houses, "houses.parquet")
    return ["train", *QUICK, *ON_PRICE, "--memory", "1GB", "-o", "run"]


def standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> list[object]:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    return ["-"]


def in_sqlite(table: pa.Table) -> list[object]:
    pytest.importorskip("adbc_driver_sqlite.dbapi", reason="the driver for SQLite is not installed")
    rows = [[str(c) if hasattr(c, "isoformat") else c for c in row.values()] for row in table.to_pylist()]
    with sqlite3.connect("houses.db") as connection:
        connection.execute(f"create table houses ({', '.join(map(repr, table.column_names))})")
        connection.executemany(f"insert into houses values ({', '.join('?' * table.num_columns)})", rows)
    connection.close()
    return ["--sql", "select * from houses", "--from", "houses.db"]


def given(name: str, table: pa.Table, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Arguments that name the table where it lies, or comes from."""
    csv, lines = io.BytesIO(), "\n".join(json.dumps(row, default=str) for row in table.to_pylist())
    pyarrow.csv.write_csv(table, csv)
    if name == "sqlite":
        return in_sqlite(table)
    if name == "query":
        return ["--sql", "select * from 'houses.parquet'"]
    if name == "pipe":
        return standard_input(monkeypatch, csv.getvalue())
    if name == "pipe of Parquet":
        return standard_input(monkeypatch, Path("houses.parquet").read_bytes())
    if name == "json":
        Path("houses.jsonl").write_text(lines)
        return ["houses.jsonl"]
    Path("houses.csv").write_bytes(csv.getvalue().decode().encode("utf-16"))
    return ["houses.csv"]


@pytest.mark.parametrize("name", ["sqlite", "query", "pipe", "pipe of Parquet", "json", "utf-16"])
def test_train__table_beyond_memory__is_learned_from_wherever_it_comes_from(
    cli: Callable[..., Ended],
    typed: list[object],
    houses: pa.Table,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    ended = cli(*typed, *given(name, houses, monkeypatch))
    sampled = metrics(Path("run"))
    here = cli(*typed[:-1], "here", "houses.parquet")

    assert ended.code == here.code == 0, ended.err
    assert (sampled["rows"], sampled["rows_in_sample"]) == (120, SAMPLED)
    assert sampled["valid"] == metrics(Path("here"))["valid"]
    assert pq.read_table("run/predictions.parquet").equals(pq.read_table("here/predictions.parquet"))
    assert {path.name for path in Path("run").iterdir()} == {path.name for path in Path("here").iterdir()}


def test_train__left_by_a_kill__is_removed(cli: Callable[..., Ended], typed: list[object]) -> None:
    Path("run/kept-table/0").mkdir(parents=True)

    assert cli(*typed, "houses.parquet").code == 0
    assert not Path("run/kept-table").exists()


def test_train__query_beyond_memory_for_several_workers__is_refused(
    cli: Callable[..., Ended], typed: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netable.cli.training_run.started_together", lambda: True)

    ended = cli(*typed, "--sql", "select * from 'houses.parquet'")

    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "the query: beyond memory, and read only once, so several workers cannot" in ended.err
    assert not Path("run").exists()


class Killed(BaseException):
    """As good as a kill: nothing in the package catches it."""


def test_train__query_killed_and_resumed__has_the_bits_of_an_undisturbed_run(
    cli: Callable[..., Ended], typed: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    command = [*typed, "--sql", "select * from 'houses.parquet'"]
    assert cli(*command[:-3], "undisturbed", *command[-2:]).code == 0
    with monkeypatch.context() as patched:
        patched.setattr("netable.train.checkpoint.Checkpoint.write_end", killed)
        with pytest.raises(Killed):
            cli(*command)

    assert cli(*command, "--resume").code == 0
    assert pq.read_table("run/predictions.parquet").equals(pq.read_table("undisturbed/predictions.parquet"))


@pytest.mark.bad_input(142)
def test_train__142_connection_that_breaks__leaves_nothing(
    cli: Callable[..., Ended], typed: list[object], postgresql: str
) -> None:
    query = "select i as a, case when i = 99000 then pg_terminate_backend(pg_backend_pid()) end, i as price"
    query += " from generate_series(1, 100000) i"

    ended = cli(*typed, "--ignore-columns", "a", "--sql", query, "--from", postgresql)

    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith("netable: the query cannot be run: ")
    assert "terminating connection" in ended.err
    assert not Path("run").exists()


@pytest.mark.bad_input(143)
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (
            b"x,price\n1,2\n" * 1 + b"1,2\n" * 2_000 + b"3",
            "standard input: 1 row(s) do not fit the header's 2",
        ),
        (b'x,price\n1,2\n3,"4', "standard input, line 3: a quote"),
        (b'{"x": 1, "price": 2}\n{"x": 3, "pri', "standard input, line 2: not valid JSON"),
        (b'{"x": 1, "price": 2}\n' * 2_000 + b'{"x": 3, "pri', "standard input, line 2,001: not valid JSON"),
    ],
)
def test_train__143_pipe_that_ends_within_a_line__is_one_line_and_leaves_nothing(
    cli: Callable[..., Ended],
    typed: list[object],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    fault: str,
) -> None:
    ended = cli(*typed, *standard_input(monkeypatch, content))

    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"netable: {fault}")
    assert not Path("run").exists()


@pytest.mark.bad_input(144)
def test_train__144_disk_without_room_for_the_pipe__is_one_line_and_leaves_nothing(
    cli: Callable[..., Ended], typed: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netable.table.reading.places.copies._ROOM", 0)

    ended = cli(*typed, *standard_input(monkeypatch, b"x,price\n1,2\n"))

    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert ended.err.startswith(
        "netable: run/kept-table/0/standard input: a temporary copy needs more than 0"
    )
    assert not Path("run").exists()


def verbs(model: Path) -> dict[str, list[object]]:
    return {
        "report": ["report", model, "-o", "page.html"],
        "explain": ["explain", model],
        "row": ["explain", model, "--row", 101],
        "monitor": ["monitor", model, "-o", "page.html", "--reference", "houses.parquet"],
    }


@pytest.mark.parametrize("verb", ["report", "explain", "row", "monitor"])
def test_verb__table_beyond_memory__says_that_it_measures_a_sample(
    cli: Callable[..., Ended],
    houses: pa.Table,
    regression_run: Path,
    without_charts: None,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    pq.write_table(houses, "houses.parquet")
    command = [*verbs(regression_run / "model.netable")[verb], "houses.parquet", "--memory", "1GB"]
    words = "60 rows, drawn at random from 120"

    ended, told = cli(*command), json.loads(cli(*command, "--json", "--force").out)

    assert ended.code == 0, ended.err
    assert words in ended.out or words in Path("page.html").read_text(encoding="utf-8")
    assert (told["rows"], told["drawn_from"]) == (SAMPLED, 120)
    if verb == "monitor":
        assert (told["rows_before"], told["before_drawn_from"]) == (SAMPLED, 120)
        assert "60 new rows, drawn at random from 120" in Path("page.html").read_text(encoding="utf-8")
    if verb == "row":
        predicted = load(regression_run / "model.netable").predict(houses.slice(100, 1))
        assert told["outcome"] == pytest.approx(predicted[0])


def test_explain__every_row_of_a_table_beyond_memory__is_explained(
    cli: Callable[..., Ended], houses: pa.Table, regression_run: Path
) -> None:
    pq.write_table(houses, "houses.parquet")
    command = ["explain", regression_run / "model.netable", "houses.parquet", "--every-row"]

    ended = cli(*command, "--memory", "1GB", "-o", "why.parquet")
    why = pq.read_table("why.parquet")

    assert ended.code == 0, ended.err
    assert "120 rows in why.parquet" in ended.err
    predicted = load(regression_run / "model.netable").predict(houses)
    assert why["outcome"].to_pylist() == pytest.approx(list(predicted), rel=1e-5)


def test_monitor__since_a_day_in_a_table_beyond_memory__draws_from_its_rows(
    cli: Callable[..., Ended], houses: pa.Table, regression_run: Path
) -> None:
    pq.write_table(houses, "houses.parquet")
    days = sorted(houses["sold"].to_pylist())
    command = ["monitor", regression_run / "model.netable", "houses.parquet", "-o", "page.html", "--json"]

    told = json.loads(cli(*command, "--memory", "1GB", "--since", f"{days[50]:%Y-%m-%d}").out)

    assert (told["rows"], told["drawn_from"]) == (SAMPLED, sum(day >= days[50] for day in days))


def test_compare__table_beyond_memory__compares_on_a_sample(
    cli: Callable[..., Ended], houses: pa.Table
) -> None:
    pq.write_table(houses, "houses.parquet")
    command = ["compare", "houses.parquet", *ON_PRICE, "--methods", "constant,linear", "--outer-folds", 2]

    ended = cli(*command, "--memory", "1GB", "-o", "compared")

    assert ended.code == 0, ended.err
    assert "60 rows, drawn at random from 120, 2 folds" in ended.out
    assert json.loads(Path("compared/comparison.json").read_text())["drawn_from"] == 120
    assert "60 rows, drawn at random from 120" in Path("compared/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_verb__query__is_read_in_pieces(
    cli: Callable[..., Ended], houses: pa.Table, regression_run: Path, verb: str, monkeypatch: Any
) -> None:
    pq.write_table(houses, "houses.parquet")
    model, from_database = regression_run / "model.netable", in_sqlite(houses)
    monkeypatch.setattr("netable.table.reading.place.read_batches", None)

    there, here = cli(verb, model, *from_database), cli(verb, model, "houses.parquet")

    assert there.code == 0, there.err
    assert there.out == here.out

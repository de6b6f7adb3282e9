"""Tables at URLs and in databases, for every verb; credentials end up nowhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest

from cli_runs import ON_DEAR, ON_PRICE, QUICK, Ended, metrics
from netable.cli.options import typed_table
from stores import SECRET, Bucket, web_server

READING = ("predict", "evaluate", "explain", "monitor", "report")


@pytest.fixture
def houses_in_s3(s3: Bucket, houses: pa.Table) -> str:
    s3.write("houses/part=1/a.parquet", houses.slice(0, 60))
    s3.write("houses/part=2/b.parquet", houses.slice(60))
    return "s3://trips/houses/part=*/*.parquet"


@pytest.fixture
def houses_db(houses: pa.Table, tmp_path: Path) -> Path:
    pytest.importorskip("adbc_driver_sqlite.dbapi", reason="the driver for SQLite is not installed")
    path = tmp_path / "houses.db"
    names = ", ".join(f'"{name}"' for name in houses.column_names)
    with sqlite3.connect(path) as connection:
        connection.execute(f"create table houses ({names})")
        rows = [
            [str(cell) if hasattr(cell, "isoformat") else cell for cell in row.values()]
            for row in houses.to_pylist()
        ]
        connection.executemany(f"insert into houses values ({', '.join('?' * houses.num_columns)})", rows)
    connection.close()
    return path


def test_train__s3__gives_the_metrics_of_the_same_table_here(
    train: Callable[..., Path], houses_in_s3: str, houses: pa.Table
) -> None:
    pyarrow.parquet.write_table(houses, "houses.parquet")
    here = train("houses.parquet", *ON_DEAR, output="here")
    there = train(houses_in_s3, *ON_DEAR, "--ignore-columns", "price,part", output="there")

    assert metrics(there)["valid"] == metrics(here)["valid"]


@pytest.mark.parametrize("verb", READING)
def test_verb__s3__reads_it(
    cli: Callable[..., Ended], regression_run: Path, houses_in_s3: str, verb: str, without_charts: None
) -> None:
    output = ["-o", "page.html"] if verb in ("monitor", "report") else []
    ended = cli(verb, regression_run / "model.netable", houses_in_s3, "--json", *output)

    assert ended.code == 0, ended.err
    assert json.loads(ended.out)


@pytest.mark.parametrize("verb", READING)
def test_verb__database__reads_it(
    cli: Callable[..., Ended], regression_run: Path, houses_db: Path, verb: str, without_charts: None
) -> None:
    output = ["-o", "page.html"] if verb in ("monitor", "report") else []
    query = ["--sql", "select * from houses", "--from", houses_db]
    ended = cli(verb, regression_run / "model.netable", *query, "--json", *output)

    assert ended.code == 0, ended.err
    assert json.loads(ended.out)


def test_compare__database__reads_it(cli: Callable[..., Ended], houses_db: Path) -> None:
    query = ["--sql", "select * from houses", "--from", houses_db, *ON_PRICE]
    ended = cli("compare", *query, "--methods", "constant,linear", "--outer-folds", 2, "--json")

    assert ended.code == 0, ended.err


def test_train__postgresql__is_run_there(cli: Callable[..., Ended], postgresql: str, tmp_path: Path) -> None:
    query = "select i % 7 as a, i % 5 + random() as b, i % 7 + 0.5 as y from generate_series(1, 60) i"
    ended = cli("train", *QUICK, "--sql", query, "--from", postgresql, "--target", "y", "-o", "run", "--json")

    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["rows"] == 60
    assert_nowhere(tmp_path, ended)


def test_look__signed_url__is_not_on_the_page(
    cli: Callable[..., Ended], houses_csv: Path, tmp_path: Path
) -> None:
    with web_server(lambda request: (200, {}, houses_csv.read_bytes())) as url:
        ended = cli("look", f"{url}/houses.csv?X-Signature={SECRET}")

    assert ended.code == 0, ended.err
    assert f"{url}/houses.csv?…" in ended.out
    assert (tmp_path / "look-houses.html").exists()
    assert_nowhere(tmp_path, ended)


def assert_nowhere(folder: Path, ended: Ended) -> None:
    """The secret is in no file and in no output."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if SECRET.encode() in file.read_bytes() or SECRET in str(file)]
    assert SECRET not in ended.out + ended.err


@pytest.mark.bad_input(138)
def test_train__138_signed_url__is_nowhere_in_the_run(
    cli: Callable[..., Ended], houses_csv: Path, tmp_path: Path, without_charts: None
) -> None:
    options = [option for option in QUICK if option != "--no-report"]
    with web_server(lambda request: (200, {}, houses_csv.read_bytes())) as url:
        signed = f"{url}/houses.csv?X-Signature={SECRET}"
        ended = cli("train", signed, *options, *ON_DEAR)

    assert ended.code == 0, ended.err
    assert f"{url}/houses.csv?…" in (tmp_path / "runs" / "houses" / "report.html").read_text(encoding="utf-8")
    assert_nowhere(tmp_path, ended)


@pytest.mark.parametrize(
    ("table", "advice"),
    [
        ([f"https://ann:{SECRET}@host/a.csv"], "Credentials come from the environment."),
        ([f"s3://key:{SECRET}@bucket/*.parquet"], "Credentials come from the environment."),
        (
            ["--sql", "select 1", "--from", f"postgresql://ann:{SECRET}@host/shop"],
            "PostgreSQL takes it from PGPASSWORD or ~/.pgpass.",
        ),
    ],
)
def test_password__on_the_command_line__is_refused(
    cli: Callable[..., Ended], regression_run: Path, table: list[str], advice: str
) -> None:
    for command in (["train", *ON_DEAR], ["predict", regression_run / "model.netable"]):
        ended = cli(*command, *table)

        assert ended.code == 2
        assert ended.err.endswith(f"a password does not belong on the command line. {advice}\n")
        assert ended.err.count("\n") == 1
        assert SECRET not in ended.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--from", "shop.db"], "Name one table: a path, or a query with --sql."),
        (["s3://b/a.csv", "--from", "shop.db"], "--from names the database of a query; give it with --sql."),
        (["--sql", "select 1", "--from", "shop.db"], "shop.db: there is no such database."),
        (["--sql", "select 1 as a where 1 = 0"], "the query returns no rows."),
        (["s3://no-such-bucket/*.csv"], "s3://no-such-bucket/*.csv: there is no such bucket."),
        (["https://127.0.0.1:9/a.csv"], "https://127.0.0.1:9/a.csv: cannot be read from the network"),
    ],
)
def test_train__place_that_gives_no_table__is_one_line(
    cli: Callable[..., Ended], s3: Bucket, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    ended = cli("train", *arguments, "--target", "a")

    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert ended.err.startswith(f"netable: {complaint}")
    assert not [*tmp_path.iterdir()]


def test_typed_table__of_a_place__can_be_typed_again_but_for_secrets() -> None:
    assert (
        typed_table(["s3://b/*.csv"], None, None, [f"https://h/a.csv?s={SECRET}"])
        == "'s3://b/*.csv' --validation 'https://h/a.csv?…'"
    )
    assert (
        typed_table(None, "select 1", f"postgresql://ann:{SECRET}@h/shop")
        == "--sql 'select 1' --from 'postgresql://ann:…@h/shop'"
    )

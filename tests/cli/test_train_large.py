"""`netable train` on a table of which a sample is in memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli_runs import QUICK
from netable import load
from netable.cli.memory import memory_limit
from netable.errors import ConfigError
from netable.fit.stored import all_rows, stored_rows
from netable.table.reading.text import blocks
from netable.train import checkpoint, loop
from small import make_table

ROWS, SAMPLED = 1_200, 300


class Killed(BaseException):
    """As good as a kill: nothing in the package catches it."""


@pytest.fixture(autouse=True)
def little_memory(monkeypatch):
    monkeypatch.setattr(all_rows, "FEWEST_ROWS", SAMPLED)
    monkeypatch.setattr(all_rows, "MOST_ROWS", SAMPLED)
    monkeypatch.setattr(all_rows, "BYTES_A_ROW", 1e6)
    monkeypatch.setattr(all_rows, "BYTES_A_CHARACTER", 1e6)
    monkeypatch.setattr(blocks, "BLOCK", 10_000)
    monkeypatch.setattr(checkpoint, "INTERVAL", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE", np.inf)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return make_table(ROWS).drop_columns(["rooms", "third", "dear"])


@pytest.fixture
def typed(table, cli) -> list[object]:
    """A command that trains on two files."""
    Path("houses").mkdir()
    pq.write_table(table.slice(0, 500), "houses/a.parquet")
    pq.write_table(table.slice(500), "houses/b.parquet")
    return ["train", "houses", *QUICK, "--target", "price", "--batch-size", "64", "--memory", "1GB"]


def weights(folder: str) -> list[object]:
    return [tensor.tolist() for tensor in load(f"{folder}/model.netable").net.state_dict().values()]


def test_train__table_beyond_memory__leaves_the_usual_folder(cli, typed, table):
    ended = cli(*typed, "--report", "-o", "run")
    predictions = pq.read_table("run/predictions.parquet")
    metrics = json.loads(Path("run/metrics.json").read_text())

    assert ended.code == 0, ended.err
    assert f"judged and described by {SAMPLED} rows, drawn at random" in ended.out
    assert (metrics["rows"], metrics["rows_in_sample"]) == (ROWS, SAMPLED)
    assert {path.name for path in Path("run").iterdir()} == {
        "model.netable",
        "metrics.json",
        "identity.json",
        "config.yaml",
        "history.csv",
        "predictions.parquet",
        "report.html",
    }
    assert f"judged and described by {SAMPLED} rows, drawn at random" in Path("run/report.html").read_text()
    rows = np.array(predictions["row"].to_pylist()) - 1
    off = np.array(predictions["prediction"].to_pylist()) - table["price"].to_numpy()[rows]
    assert np.sqrt(np.mean(off**2)) == pytest.approx(metrics["valid"]["rmse"])


def test_train__the_same_table_as_csv__is_learned_from(cli, typed, table):
    pa.csv.write_csv(table, "houses.csv")

    ended = cli("train", "houses.csv", *typed[2:], "-o", "run", "--no-report")

    assert ended.code == 0, ended.err
    assert json.loads(Path("run/metrics.json").read_text())["rows_in_sample"] == SAMPLED


@pytest.mark.parametrize(
    ("owner", "name", "calls"), [(loop, "train_step", 4), (stored_rows.RowWriter, "add", 1)]
)
def test_train__killed_and_resumed__has_the_bits_of_an_undisturbed_run(
    cli, typed, monkeypatch, owner, name, calls
):
    cli(*typed, "-o", "undisturbed", "--no-report")
    function, called = getattr(owner, name), []

    def interrupted(*arguments, **named):
        called.append(function(*arguments, **named))
        if len(called) == calls:
            raise Killed
        return called[-1]

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, interrupted)
        with pytest.raises(Killed):
            cli(*typed, "-o", "run", "--no-report")
    Path("run/rows").mkdir(parents=True, exist_ok=True)  # a kill would leave it
    Path("run/rows/0-0.rows").write_bytes(b"half a row")

    ended = cli(*typed, "-o", "run", "--no-report", "--resume")

    assert ended.code == 0, ended.err
    assert weights("run") == weights("undisturbed")
    assert not Path("run/rows").exists()


def test_train__killed_after_rows_were_stored__stores_them_once(cli, typed, monkeypatch):
    def stop(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(loop, "train_step", stop)
        patched.setattr(stored_rows, "remove_stored", lambda _: None)
        with pytest.raises(Killed):
            cli(*typed, "-o", "run", "--no-report")
    monkeypatch.setattr(stored_rows.RowWriter, "add", stop)

    ended = cli(*typed, "-o", "run", "--no-report", "--resume")

    assert ended.code == 0, ended.err
    assert not Path("run/rows").exists()


def test_train__keep_cache__keeps_rows_beside_the_run_and_says_so(cli, typed):
    ended = cli(*typed, "-o", "runs/one", "--no-report", "--keep-cache")
    (kept,) = Path("runs").glob("rows-*")

    assert ended.code == 0, ended.err
    assert f"encoded rows for further runs on the same files are kept in {kept}" in ended.err
    assert kept.stat().st_mode & 0o77 == 0
    assert not Path("runs/one/rows").exists()
    assert cli(*typed, "-o", "runs/two", "--no-report", "--keep-cache").code == 0
    assert weights("runs/one") == weights("runs/two")
    assert [*Path("runs").glob("rows-*")] == [kept]


def test_train__rows_beside_the_sample_changed__is_not_resumed(cli, typed, table, monkeypatch):
    def stop(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("netable.train.checkpoint.Checkpoint.write_end", stop)
        with pytest.raises(Killed):
            cli(*typed, "-o", "run")
    sampled = all_rows.RowSampler(SAMPLED, 0)
    sampled.add(table)
    other = next(row for row in range(ROWS) if row not in sampled.sample().numbers)
    price = table["price"].to_numpy().copy()
    price[other] += 1
    changed = table.set_column(table.column_names.index("price"), "price", pa.array(price))
    pq.write_table(changed.slice(0, 500), "houses/a.parquet")
    pq.write_table(changed.slice(500), "houses/b.parquet")

    ended = cli(*typed, "-o", "run", "--resume")

    assert ended.code == 2
    assert "different inputs: the rows beside the sample changed" in ended.err


def test_train__finished_run_of_a_large_table__is_not_read_again(cli, typed):
    cli(*typed, "-o", "run", "--no-report")

    ended = cli(*typed, "-o", "run", "--no-report", "--resume")

    assert (ended.code, ended.err) == (0, "note: run holds a finished run; there is nothing to resume.\n")


@pytest.mark.parametrize(
    ("text", "size"), [("4GB", 4e9), ("1.5 gb", 1.5e9), ("1500M", 1.5e9), ("2000000000", 2e9), ("1T", 1e12)]
)
def test_memory_limit__of_a_size__is_in_bytes(text, size):
    assert memory_limit(text) == size


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("much", r"--memory must be a size such as 4GB or 1500MB; got 'much'"),
        ("-1GB", r"--memory must be a size such as 4GB"),
        ("200MB", r"--memory must be at least 1 GB, which every run needs; got '200MB'"),
    ],
)
def test_memory_limit__of_anything_else__is_an_error(text, words):
    with pytest.raises(ConfigError, match=words):
        memory_limit(text)


def test_memory_limit__not_given__is_half_of_what_there_is(monkeypatch):
    monkeypatch.setattr("netable.cli.memory.usable_memory", lambda: 8_000_000_000)

    assert memory_limit(None) == 4e9


@pytest.mark.bad_input(162)
def test_memory_limit__162_of_several_workers__is_shared(monkeypatch):
    monkeypatch.setattr("netable.cli.memory.usable_memory", lambda: 8_000_000_000)

    assert (memory_limit("4GB", 2), memory_limit(None, 4)) == (2e9, 1e9)
    with pytest.raises(ConfigError, match=r"at least 3 GB, which 3 workers of one machine need; got '2GB'"):
        memory_limit("2GB", 3)

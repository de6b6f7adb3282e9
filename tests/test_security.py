"""Promises of SECURITY.md that no other test covers."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from netable.errors import DataError, FileError
from netable.model.file import load
from netable.table.reading.base import engine
from netable.table.reading.read import read_sql
from processes import SECONDS
from small import make_table

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "src" / "netable").rglob("*.py"))
# What starts programs, or speaks to others.
OUTWARD = {
    "subprocess",
    "socket",
    "socketserver",
    "ssl",
    "urllib",
    "http",
    "ftplib",
    "smtplib",
    "requests",
    "httpx",
}
CALLS = (
    "os.system",
    "os.popen",
    "os.exec",
    "os.spawn",
    "torch.hub.load",
    "torch.load",
    "yaml.full_load",
    "yaml.unsafe_load",
)
# What the service and the page of this machine listen with.
LISTENING = {"asyncio", "http", "socket"}
OUTWARD |= {"webbrowser", "asyncio", "xmlrpc", "pty", "ctypes", "cffi", "code", "codeop", "runpy"}
# What SECURITY.md names: workers ask the system to end with the process that started them; proofs of exports run what
# gcc makes of a C file, and the script of a folder; a table may be at a web address; the page of this machine starts
# trainings and a browser.
ALLOWED = {
    "cli/worker.py": {"ctypes"},
    "deploy/c/trial.py": {"subprocess"},
    "deploy/torch/trial.py": {"subprocess"},
    "table/reading/places/web.py": {"http", "urllib"},
    "ui/training.py": {"subprocess"},
    "ui/run.py": {"webbrowser"},
}


def test_modules__source__starts_no_program_and_speaks_to_nobody() -> None:
    assert [fault for path in MODULES for fault in outward(path)] == []


def outward(path: Path) -> Iterator[str]:
    """What a module does that starts programs, speaks to others or makes code of data."""
    place = path.relative_to(ROOT / "src" / "netable")
    allowed = LISTENING if {"server", "ui"} & {*place.parts} else set()
    allowed = allowed | ALLOWED.get(place.as_posix(), set())
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        parts = {name.split(".")[0] for name in names if name != "urllib.parse"}  # which only handles text
        yield from (f"{place}:{node.lineno} imports {part}" for part in parts & OUTWARD - allowed)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            # YAML is read in one place.
            if called.startswith(CALLS) or (called == "yaml.load" and path.name != "yaml_file.py"):
                yield f"{place}:{node.lineno} calls {called}"


OFFLINE = """
import os, sys
import netable.cli.app as app
import pyarrow, torch, duckdb, sklearn.metrics, matplotlib.figure

def forbid(event, args):
    if event.startswith(("socket.", "urllib.", "http.", "subprocess.", "os.system", "os.exec", "os.spawn")):
        raise PermissionError(event)

sys.addaudithook(forbid)
quick = ["--max-epochs", "1", "--hidden-layer-sizes", "3", "--folds", "2", "--json"]
for arguments in (
    ["train", "t.csv", "--target", "price", "-o", "run", *quick],
    ["train", "--sql", "select * from 't.parquet'", "--target", "price", "-o", "again", "--no-report", *quick],
    ["predict", "run/model.netable", "t.parquet", "-o", "out.csv"],
    ["inspect", "run/model.netable"],
    ["report", "run/model.netable", "t.csv", "-o", "r.html"],
    ["explain", "run/model.netable", "t.csv", "--json"],
):
    code = app.run(arguments)
    assert code == 0, (arguments, code)
"""


def test_verbs__without_sockets_and_programs__do_all_their_work(tmp_path: Path) -> None:
    table = make_table().drop_columns(["rooms", "dear", "third"])
    pyarrow.csv.write_csv(table, tmp_path / "t.csv")
    pyarrow.parquet.write_table(table, tmp_path / "t.parquet")
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE],
        cwd=tmp_path,
        env=os.environ | {"NETABLE_TRACEBACK": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "r.html").exists()


@pytest.mark.parametrize("name", ["https://x.org/m.netable", "s3://bucket/m.netable", "file:///m.netable"])
def test_models__at_places_on_a_network__are_never_fetched(name: str) -> None:
    with pytest.raises(FileError, match="No such file or directory"):
        load(name)


@pytest.mark.parametrize(
    "query",
    [
        "select * from 'https://x.org/a.parquet'",
        "select * from read_csv('s3://bucket/a.csv')",
        "select * from 'hf://datasets/a/b.parquet'",
    ],
)
def test_query__place_on_a_network__needs_an_extension_that_is_never_loaded(query: str) -> None:
    with pytest.raises(DataError, match="httpfs"):
        read_sql(query)


@pytest.mark.parametrize(
    "query",
    [
        "install httpfs",
        "load httpfs",
        "copy (select 1) to 'made.csv'",
        "attach 'made.db'",
        "set autoload_known_extensions = true",
        "select 1; copy (select 1) to 'made.csv'",
        "create secret (type s3)",
        "with made as (copy (select 1) to 'made.csv') select * from made",
        "select (with made as (copy (select 1) to 'made.csv') select 1) as a",
        "select * from enable_logging('QueryLog', storage='file', storage_path='made')",
        "select 1 from memory.main.\"Enable_Profiling\"(format='json', save_location='made.json')",
        "select * from disable_logging()",
        "select * from checkpoint()",
        "select * from query('from enable_logging(storage=''file'', storage_path=''made'')')",
        "select * from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "select * from register_external_resource_type('a', kind := 'b')",
    ],
)
def test_query__anything_but_one_select__is_refused(
    query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"^expected one SELECT statement( that only reads)?; got "):
        read_sql(query)

    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    "query",
    [
        "from range(3)",
        "select 'enable_logging()' as \"copy\" from generate_series(1, 3)",
        "with recursive a(x) as (select 1 union all select x + 1 from a where x < 3) select * from a",
        "(select 1 as a) union all (select 2) union all (values (3))",
        f"select {'+'.join('1' * 900)} as a from unnest([1, 2, 3])",
    ],
)
def test_query__that_only_reads__is_run(query: str) -> None:
    assert read_sql(query).num_rows == 3


def test_query__without_room_in_memory__leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine, "usable_memory", lambda: 50_000_000)

    found = read_sql(
        "select count(*) as n from (select distinct i::varchar || repeat('a', 30) from range(2000000) t(i))"
    )

    assert found.to_pydict() == {"n": [2_000_000]}
    assert not os.listdir(tmp_path)


def test_query__settings__load_and_install_nothing_by_themselves() -> None:
    asked = "autoinstall_known_extensions", "autoload_known_extensions"
    found = read_sql("select " + ", ".join(f"current_setting('{name}') as {name}" for name in asked))

    assert found.to_pylist() == [dict.fromkeys(asked, False)]

"""What SECURITY.md promises, where no other test holds it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from netable.errors import DataError, FileError
from netable.model_file import load
from netable.table.read import read, read_sql
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
OUTWARD |= {"webbrowser", "asyncio", "xmlrpc", "pty", "ctypes", "cffi", "code", "codeop", "runpy"}


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_module__source__starts_no_program_and_speaks_to_nobody(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not {name.split(".")[0] for name in names} & OUTWARD, f"{path.name}:{node.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            assert not called.startswith(("os.system", "os.popen", "os.exec", "os.spawn")), called
            if called == "yaml.load":
                assert path.name == "config_file.py", "YAML is read in one place"
            assert called not in ("torch.hub.load", "torch.load", "yaml.full_load", "yaml.unsafe_load"), (
                called
            )


OFFLINE = """
import os, sys
import netable.cli.app as app
import pyarrow, torch, duckdb, sklearn.metrics, matplotlib.figure

def forbid(event, args):
    if event.startswith(("socket.", "urllib.", "http.", "subprocess.", "os.system", "os.exec", "os.spawn")):
        raise PermissionError(event)

sys.addaudithook(forbid)
quick = ["--max-epochs", "1", "--hidden-layer-sizes", "3", "--json"]
for arguments in (
    ["train", "t.csv", "--target", "price", "-o", "run", *quick],
    ["train", "--sql", "select * from 't.parquet'", "--target", "price", "-o", "again", *quick],
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
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "r.html").exists()


@pytest.mark.parametrize("name", ["https://x.org/m.netable", "s3://bucket/m.netable", "file:///m.netable"])
def test_names_of_places__are_never_fetched(name: str) -> None:
    with pytest.raises(FileError, match="nothing from a network"):
        read(name)
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
    ],
)
def test_query__anything_but_one_select__is_refused(
    query: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"^expected one SELECT statement; got "):
        read_sql(query)

    assert not os.listdir(tmp_path)


def test_query__settings__load_and_install_nothing_by_themselves() -> None:
    asked = "autoinstall_known_extensions", "autoload_known_extensions"
    found = read_sql("select " + ", ".join(f"current_setting('{name}') as {name}" for name in asked))

    assert found.to_pylist() == [dict.fromkeys(asked, False)]


def test_security_page__names_what_is_tested() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

    for word in ("pickle", "safetensors", "checksum", "--sql", "advisory", "out-of-fold", "network"):
        assert word in page, word
